package submit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"bake/bake"
	"bake/bake/engine"
	"bake/bake/submit/report"
	"bake/tests/workspace"

	"github.com/docker/buildx/builder"
	"github.com/moby/buildkit/client"
)

// TestMain lets the test binary be the engine that the tests build on.
func TestMain(m *testing.M) {
	engine.Main()
	code := m.Run()
	stopEngine()
	os.Exit(code)
}

var shared struct {
	once sync.Once
	cfg  engine.Config
	err  error
}

// nodes returns an engine that all tests share, started by the first of them.
func nodes(t testing.TB) []builder.Node {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("builds containers, which needs root here")
	}
	shared.once.Do(func() {
		var dir string
		if dir, shared.err = os.MkdirTemp("", "bake-build-"); shared.err != nil {
			return
		}
		shared.cfg, shared.err = engine.Default(func(name string) string {
			return map[string]string{engine.EnvDir: filepath.Join(dir, "state"), engine.EnvIdle: "60s"}[name]
		})
		shared.cfg.Entitlements = []string{"network.host", "security.insecure"}
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	out, err := engine.Nodes(shared.cfg)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func stopEngine() {
	if shared.cfg.Dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := engine.Stop(ctx, shared.cfg); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.RemoveAll(filepath.Dir(shared.cfg.Dir))
}

// recorder keeps the progress of a run.
type recorder struct {
	names    map[string]int // vertices by name, how often they were sent as new
	seen     map[string]string
	logs     string
	statuses []string
}

func newRecorder() *recorder { return &recorder{names: map[string]int{}, seen: map[string]string{}} }

func (r *recorder) write(s *client.SolveStatus) {
	for _, v := range s.Vertexes {
		if old, ok := r.seen[string(v.Digest)]; !ok {
			r.names[v.Name]++
		} else if old != v.Name {
			r.names["renamed: "+old+" to "+v.Name]++
		}
		r.seen[string(v.Digest)] = v.Name
	}
	for _, l := range s.Logs {
		r.logs += string(l.Data)
	}
	for _, st := range s.Statuses {
		r.statuses = append(r.statuses, st.ID)
	}
}

// runPlan builds targets in the workspace.
func runPlan(w *workspace.Dir, opt Options, targets ...*bake.Target) (*report.Report, *recorder, error) {
	w.Helper()
	rec := newRecorder()
	opt.Dir, opt.Progress = w.Path, rec.write
	opt.Allow = append(opt.Allow, "fs=*", "ssh") // what may be used has tests of its own
	if opt.Env == nil {
		opt.Env = bake.Env{}
	}
	for _, t := range targets {
		if t.Context == "" {
			t.Context = "."
		}
		if t.Dockerfile == "" {
			t.Dockerfile = "Dockerfile"
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	told, err := Run(ctx, &bake.Plan{Targets: targets}, nodes(w), opt)
	return told, rec, err
}

// mustRun is run for what has to succeed.
func mustRun(w *workspace.Dir, opt Options, targets ...*bake.Target) (*report.Report, *recorder) {
	w.Helper()
	told, rec, err := runPlan(w, opt, targets...)
	if err != nil {
		w.Fatalf("build failed: %v\n%s", err, rec.logs)
	}
	return told, rec
}
