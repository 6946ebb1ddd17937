package submit

import (
	"os"
	"path/filepath"
	"testing"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/report"
	"bake/tests/workspace"

	"github.com/google/go-cmp/cmp"
)

// keepGoing builds two chains, of which the first breaks at its base, a target
// whose context is missing with a dependant, and a target that depends on both
// a good and a broken one.
func keepGoing(t *testing.T, opt Options) (*workspace.Dir, map[string]string, error) {
	w := workspace.New(t, map[string]string{"base.Dockerfile": shellBase, "f": "x"})
	w.Busybox()
	base := &bake.Target{Name: "base", Dockerfile: "base.Dockerfile", Outputs: workspace.To("cacheonly", "")}
	target := func(name, text string, links ...*bake.Target) *bake.Target {
		q := &bake.Target{Name: name, DockerfileInline: workspace.Ptr(text), Outputs: workspace.To("local", "../"+name)}
		for _, l := range links {
			workspace.Use(q, l.Name, l)
		}
		return q
	}
	bad := target("bad", "FROM base\nRUN exit 3\n", base)
	bad.Outputs = nil
	onBad := target("on-bad", "FROM bad\nRUN true\n", bad)
	onOnBad := target("on-on-bad", "FROM on-bad\n", onBad)
	typo := target("typo", "FROM scratch\nCOYP f /\n")
	lost := target("lost", "FROM scratch\n")
	lost.Context = "nowhere"
	onLost := target("on-lost", "FROM lost\n", lost)
	good := target("good", "FROM scratch\nCOPY f /\n")
	onGood := target("on-good", "FROM good\nCOPY --from=base /bin/busybox /b\n", good, base)
	both := target("both", "FROM good\nCOPY --from=bad / /\n", good, bad)
	onTypo := target("on-typo", "FROM typo\n", typo)
	told, _, err := runPlan(w, opt, base, bad, onBad, onOnBad, typo, onTypo, lost, onLost, good, onGood, both)
	got := map[string]string{}
	for _, r := range told.Targets {
		got[r.Name] = string(r.Result)
		if r.Result == report.Skipped && r.Err != nil {
			got[r.Name] = r.Err.Error()
		} else if (r.Result == report.Failed) != (r.Err != nil) && len(r.Unwritten) == 0 {
			t.Errorf("%s is %s with error %v", r.Name, r.Result, r.Err)
		}
		if r.Result == report.Cached {
			got[r.Name] = string(report.Built)
		}
		if len(r.Unwritten) > 0 {
			got[r.Name] += ", " + r.Err.Error()
		}
	}
	return w, got, err
}

func TestKeepGoing(t *testing.T) {
	for _, jobs := range []int{0, 1} {
		w, got, err := keepGoing(t, Options{KeepGoing: true, Jobs: jobs})
		want := map[string]string{
			"base": "built", "good": "built", "on-good": "built", "bad": "failed", "typo": "failed", "lost": "failed",
			"on-bad": "skipped because bad failed", "on-on-bad": "skipped because bad failed",
			"on-typo": "skipped because typo failed", "on-lost": "skipped because lost failed",
			"both": "skipped because bad failed",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if _, ok := err.(*failure.TargetError); !ok {
			t.Errorf("error is %v", err)
		}
		for name, want := range map[string]bool{"good/f": true, "on-good/f": true, "both": false, "on-bad": false} {
			if _, err := os.Stat(filepath.Join(w.Path, "..", name)); (err == nil) != want {
				t.Errorf("%s: exported is %v, want %v", name, err == nil, want)
			}
		}
	}
}

func TestHoldOutput(t *testing.T) {
	w, got, err := keepGoing(t, Options{KeepGoing: true, HoldOutput: true})
	if err == nil || got["base"] != "built" || got["bad"] != "failed" {
		t.Errorf("error is %v, results are %q", err, got)
	}
	if want := "built, skipped because lost failed"; got["good"] != want {
		t.Errorf("good is %s, want %s", got["good"], want)
	}
	if _, err := os.Stat(filepath.Join(w.Path, "..", "good")); err == nil {
		t.Error("exported though a target failed")
	}
}
