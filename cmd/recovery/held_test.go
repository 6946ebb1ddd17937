package recovery

import (
	"strings"
	"testing"

	"bake/bake"
	"bake/bake/submit/release"
	"bake/tests/apptest"
)

// A push of a tag that a half-moved release holds is warned about, however it is
// written; other tags, and what is not pushed, are not.
func TestHeldTags(t *testing.T) {
	a, _, _ := apptest.New(t)
	a.Env["XDG_STATE_HOME"] = t.TempDir()
	writeJournal(t, a, "half", release.Moving, release.Request{Dir: "/x"})
	writeJournal(t, a, "undone", release.Undone, release.Request{Dir: "/x"})
	pushed := bake.Entry{Type: "registry"}
	call := "check"
	const tag = "127.0.0.1:1/app:1" // as writeJournal says
	for name, tc := range map[string]struct {
		target bake.Target
		want   int
	}{
		"a tag":         {bake.Target{Tags: []string{tag}, Outputs: []bake.Entry{pushed}}, 1},
		"of two":        {bake.Target{Tags: []string{"127.0.0.1:1/app", tag}, Outputs: []bake.Entry{pushed, pushed}}, 1},
		"in the output": {bake.Target{Outputs: []bake.Entry{{Type: "image", Attrs: map[string]string{"push": "true", "name": "x/y," + tag}}}}, 1},
		"another tag":   {bake.Target{Tags: []string{"127.0.0.1:1/app:2"}, Outputs: []bake.Entry{pushed}}, 0},
		"by digest":     {bake.Target{Tags: []string{tag}, Outputs: []bake.Entry{{Type: "registry", Attrs: map[string]string{"push-by-digest": "true"}}}}, 0},
		"kept here":     {bake.Target{Tags: []string{tag}, Outputs: []bake.Entry{{Type: "image"}}}, 0},
		"asked":         {bake.Target{Tags: []string{tag}, Outputs: []bake.Entry{pushed}, Call: &call}, 0},
	} {
		diags := HeldTags(a, &bake.Plan{Targets: []*bake.Target{&tc.target}})
		if len(diags) != tc.want {
			t.Errorf("%s: %v", name, diags)
		}
		for _, d := range diags {
			if !strings.Contains(d.Detail, "--resume=half") || !strings.Contains(d.Detail, "--forget=half") {
				t.Errorf("%s: %s", name, d.Detail)
			}
		}
	}
}
