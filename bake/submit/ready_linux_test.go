package submit

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"bake/bake"
	"bake/bake/submit/host"
	"bake/bake/submit/report"
	"bake/tests/workspace"

	"github.com/docker/buildx/builder"
)

// slowServer serves a file that comes when f exists, and a little later, so that
// the job which wrote f has ended. It calls asked before it waits, if that is not
// nil.
func slowServer(t *testing.T, f string, asked func()) *httptest.Server {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked != nil {
			asked()
		}
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
			if _, err := os.Stat(f); err == nil {
				break
			}
			if r.Context().Err() != nil || time.Now().After(deadline) {
				http.Error(w, "the output did not come", http.StatusNotFound)
				return
			}
		}
		time.Sleep(300 * time.Millisecond)
		_, _ = w.Write([]byte("late"))
	}))
	t.Cleanup(web.Close)
	return web
}

// An output is written when its target is built, whatever others wait for; also
// that of one which others use, and what they get is what was written, even if
// the step that made it never comes from the cache.
func TestOutputsWhenReady(t *testing.T) {
	for name, opt := range map[string]Options{"all at once": {}, "one by one": {Jobs: 1}, "keep going": {KeepGoing: true}} {
		t.Run(name, func(t *testing.T) {
			w := workspace.New(t, map[string]string{"shell.Dockerfile": shellBase, "f": "x"})
			w.Busybox()
			web := slowServer(t, filepath.Join(w.Path, "..", "base", "id"), nil)
			shell := &bake.Target{Name: "shell", Dockerfile: "shell.Dockerfile", Outputs: workspace.To("cacheonly", "")}
			base := &bake.Target{
				Name: "base", DockerfileInline: workspace.Ptr("FROM shell\nRUN cat /proc/sys/kernel/random/uuid >/id\n"),
				NoCache: workspace.Ptr(true), Outputs: workspace.To("local", "../base"),
			}
			workspace.Use(base, "shell", shell)
			late := &bake.Target{
				Name: "late", DockerfileInline: workspace.Ptr("FROM base\nADD " + web.URL + "/f /f\n"), Outputs: workspace.To("local", "../late"),
			}
			workspace.Use(late, "base", base)
			mustRun(w, opt, shell, base, late)
			if made, used := w.Read("../base/id"), w.Read("../late/id"); made != used || made == "" {
				t.Errorf("%q was written, and %q used", made, used)
			}
		})
	}
}

// What is written by the time a run ends is whole and told, and what is built and
// not written is told as that.
func TestInterruptedOutputs(t *testing.T) {
	for _, hold := range []bool{false, true} {
		w := workspace.New(t, map[string]string{"f": "x"})
		ctx, cancel := context.WithCancel(t.Context())
		web := slowServer(t, filepath.Join(w.Path, "never"), func() {
			if hold { // the other target is built, as it is the only one of two that may be
				cancel()
				return
			}
			for range 6000 {
				if _, err := os.Stat(filepath.Join(w.Path, "early.tar")); err == nil {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			cancel()
		})
		early := &bake.Target{Name: "early", Context: ".", DockerfileInline: workspace.Ptr("FROM scratch\nCOPY f /\n"), Outputs: workspace.To("oci", "early.tar")}
		slow := &bake.Target{Name: "slow", Context: ".", DockerfileInline: workspace.Ptr("FROM scratch\nADD " + web.URL + "/f /f\n"), Outputs: workspace.To("oci", "slow.tar")}
		opt := Options{Caller: host.Caller{Dir: w.Path, Env: bake.Env{}}, Allow: []string{"fs=*"}, HoldOutput: hold, Jobs: 1}
		told, err := Run(ctx, &bake.Plan{Targets: []*bake.Target{early, slow}}, []builder.Node{nodes(t)[0]}, opt)
		cancel()
		if err == nil || told.Targets[1].Result != report.Canceled {
			t.Errorf("hold=%v: slow is %s, error is %v", hold, told.Targets[1].Result, err)
		}
		_, err = os.Stat(filepath.Join(w.Path, "early.tar"))
		switch r := told.Targets[0]; {
		case !r.Result.Good():
			t.Errorf("hold=%v: early is %s", hold, r.Result)
		case hold != os.IsNotExist(err):
			t.Errorf("hold=%v: the output is there: %v", hold, err)
		case hold && (len(r.Unwritten) != 1 || r.Unwritten[0].Dest != "early.tar"), !hold && !r.Complete():
			t.Errorf("hold=%v: not written: %v", hold, r.Unwritten)
		}
	}
}
