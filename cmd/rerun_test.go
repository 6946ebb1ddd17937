package cmd

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"bake/bake"
	"bake/bake/submit/report"
	"bake/tests/apptest"
)

// What is left is the last result of every target that was asked for.
func TestLeftover(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runs", "x.json")
	plan := &bake.Plan{Targets: []*bake.Target{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "base", Linked: true}}}
	u := &leftover{path: path}
	for _, step := range []struct {
		results []report.Target
		want    []string
	}{
		{[]report.Target{{Name: "a", Result: report.Built}}, nil},
		{[]report.Target{{Name: "base", Result: report.Failed}, {Name: "c", Result: report.Skipped}, {Name: "a", Result: report.Failed}, {Name: "b", Result: report.Cached}}, []string{"a", "c"}},
		{[]report.Target{{Name: "b", Result: report.Canceled}, {Name: "a", Result: report.Cached}}, []string{"b", "c"}},
		{[]report.Target{{Name: "b", Result: report.Built}, {Name: "c", Result: report.Built}}, nil},
	} {
		if err := u.note(plan, &report.Report{Targets: step.results}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(u.Targets, step.want) {
			t.Errorf("%v left %v, want %v", step.results, u.Targets, step.want)
		}
		if _, err := os.Stat(path); (err == nil) != (len(step.want) > 0) {
			t.Errorf("%v left a file: %v", step.results, err)
		}
	}
}

// The file has the URL of the definition without its credentials, and is the same
// for others.
func TestLeftoverKeepsNoCredentials(t *testing.T) {
	var paths []string
	for _, url := range []string{"https://me:s3cr3t@example.com/a.git#main", "https://me:0th3r@example.com/a.git#main"} {
		a, _, _ := apptest.New(t)
		a.Dir, a.Env["XDG_STATE_HOME"] = "/work", "/state"
		u, err := leftOver(a, &bakeOptions{definitionOptions: definitionOptions{origin: origin{url: url}}})
		if err != nil || !slices.Equal(u.Files, []string{"https://me:xxxxx@example.com/a.git#main"}) {
			t.Errorf("keeps %v, %v", u.Files, err)
		}
		paths = append(paths, u.path)
	}
	if paths[0] != paths[1] {
		t.Errorf("other credentials make another file: %v", paths)
	}
}
