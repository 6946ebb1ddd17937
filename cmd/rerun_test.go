package cmd

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"bake/bake"
	"bake/bake/submit/report"
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
