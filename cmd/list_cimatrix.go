package cmd

import (
	"encoding/json"
	"io"

	"bake/bake"
)

// ciMatrixKind is the list of what was asked for, as a CI matrix.
const ciMatrixKind = "ci-matrix"

// ciJob is an entry of a CI matrix: what one job builds.
type ciJob struct {
	Target string `json:"target"`
}

// writeCIMatrix writes the targets that were asked for, by name or by group, in
// one line of JSON: the value of "include" in the matrix of a job of GitHub
// Actions. Targets that they only link to are not among them, as each job builds
// those that it needs.
func writeCIMatrix(w io.Writer, plan *bake.Plan) error {
	jobs := []ciJob{}
	asked := askedFor(plan)
	for _, t := range plan.Targets {
		if asked[t.Name] {
			jobs = append(jobs, ciJob{t.Name})
		}
	}
	return json.NewEncoder(w).Encode(jobs)
}

// askedFor are the targets that the plan is about: those of the group "default",
// in which it has what the command line named, and of the groups in it.
func askedFor(plan *bake.Plan) map[string]bool {
	groups := map[string][]string{}
	for _, g := range plan.Groups {
		groups[g.Name] = g.Targets
	}
	targets, seen := map[string]bool{}, map[string]bool{}
	var walk func(group string)
	walk = func(group string) {
		if seen[group] {
			return
		}
		seen[group] = true
		for _, name := range groups[group] {
			if groups[name] != nil && name != group {
				walk(name)
			} else {
				targets[name] = true // a group may have the name of its target
			}
		}
	}
	walk("default")
	return targets
}
