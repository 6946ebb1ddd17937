package cmd

import (
	"time"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"

	"bake/bake/build"
)

// results shows at the end of the progress what became of each target of a run
// that went on after a failure, in the form that programs look for:
//
//	#9 [internal] target results
//	#9 app: succeeded done
//	#9 web: failed done
//
// On a terminal the summary below it says the same and more.
func (d *display) results(report *build.Report) {
	if d.drawn || report == nil || len(report.Targets) < 2 || !tried(report) {
		return
	}
	const name = "[internal] target results"
	now := time.Now()
	step := &client.Vertex{Digest: digest.FromString(name), Name: name, Started: &now, Completed: &now}
	s := &client.SolveStatus{Vertexes: []*client.Vertex{step}}
	for i := range report.Targets {
		t := &report.Targets[i]
		word := outcome(t)
		s.Statuses = append(s.Statuses, &client.VertexStatus{
			ID: t.Name + ": " + word, Name: word, Vertex: step.Digest,
			Timestamp: now, Started: &now, Completed: &now,
		})
	}
	d.update(s)
}

// tried reports whether the run got as far as its targets.
func tried(report *build.Report) bool {
	for _, t := range report.Targets {
		if t.Result != build.Skipped {
			return true
		}
	}
	return false
}

// outcome is the result of a target in the words that programs look for.
func outcome(t *build.TargetReport) string {
	switch {
	case t.Result.Good():
		return "succeeded"
	case t.Result == build.Failed:
		return "failed"
	case t.Result == build.Skipped && t.Err != nil, t.Result == build.Canceled && t.Begun:
		return "aborted" // for what it needs, or by an interruption
	}
	return "not started"
}
