package cmd

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"bake/bake"
	"bake/bake/build"
)

// What is left is the last result of every target that was asked for.
func TestLeftover(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runs", "x.json")
	plan := &bake.Plan{Targets: []*bake.Target{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "base", Linked: true}}}
	u := &leftover{path: path}
	for _, step := range []struct {
		results []build.TargetReport
		want    []string
	}{
		{[]build.TargetReport{{Name: "a", Result: build.Built}}, nil},
		{[]build.TargetReport{{Name: "base", Result: build.Failed}, {Name: "c", Result: build.Skipped}, {Name: "a", Result: build.Failed}, {Name: "b", Result: build.Cached}}, []string{"a", "c"}},
		{[]build.TargetReport{{Name: "b", Result: build.Canceled}, {Name: "a", Result: build.Cached}}, []string{"b", "c"}},
		{[]build.TargetReport{{Name: "b", Result: build.Built}, {Name: "c", Result: build.Built}}, nil},
	} {
		if err := u.note(plan, &build.Report{Targets: step.results}); err != nil {
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
