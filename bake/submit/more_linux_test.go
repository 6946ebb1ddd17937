package submit

import (
	"context"
	"errors"
	"fmt"
	"net/http/cgi"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bake/bake"
	"bake/bake/engine"
	"bake/bake/submit/failure"
	"bake/bake/submit/frontend"
	"bake/bake/submit/host"
	"bake/bake/submit/report"
	"bake/tests/workspace"

	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/driver"
	_ "github.com/docker/buildx/driver/remote"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/moby/buildkit/client"
)

// emptyEngine removes everything that the engine keeps.
func emptyEngine(t *testing.T) {
	t.Helper()
	c, err := engine.Client(t.Context(), shared.cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Prune(t.Context(), nil, client.PruneAll); err != nil {
		t.Fatal(err)
	}
}

func TestCachesSurviveAnEmptiedEngine(t *testing.T) {
	reg := httptest.NewServer(registry.New(registry.Logger(quiet)))
	defer reg.Close()
	ref := strings.TrimPrefix(reg.URL, "http://") + "/cache:1"
	for name, c := range map[string]struct{ to, from bake.Entry }{
		"local": {
			to:   bake.Entry{Type: "local", Attrs: map[string]string{"dest": "cache", "mode": "max"}},
			from: bake.Entry{Type: "local", Attrs: map[string]string{"src": "cache"}},
		},
		"registry": {
			to:   bake.Entry{Type: "registry", Attrs: map[string]string{"ref": ref, "mode": "max"}},
			from: bake.Entry{Type: "registry", Attrs: map[string]string{"ref": ref}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := workspace.New(t, map[string]string{"Dockerfile": shellBase + "RUN echo " + name + " > /x\n", ".dockerignore": "cache\n"})
			w.Busybox()
			nodes(t)
			emptyEngine(t)
			first, _ := mustRun(w, Options{}, &bake.Target{Name: "a", CacheTo: []bake.Entry{c.to}})
			emptyEngine(t)
			second, _ := mustRun(w, Options{}, &bake.Target{Name: "a", CacheFrom: []bake.Entry{c.from}})
			if first.Targets[0].Result != report.Built || second.Targets[0].Result != report.Cached {
				t.Errorf("first %s, second %s with %d of %d steps cached", first.Targets[0].Result,
					second.Targets[0].Result, second.Targets[0].Cached, second.Targets[0].Steps)
			}
		})
	}
}

func TestGitContexts(t *testing.T) {
	backend := filepath.Join(gitOutput(t, "", "--exec-path"), "git-http-backend")
	repo := workspace.New(t, map[string]string{"f": "from git", "sub/f": "from sub", "Dockerfile": "FROM scratch\nCOPY f /f\n"})
	gitOutput(t, repo.Path, "init", "-q", "-b", "main")
	gitOutput(t, repo.Path, "add", ".")
	gitOutput(t, repo.Path, "-c", "user.name=n", "-c", "user.email=e", "commit", "-q", "-m", "x")
	web := httptest.NewServer(&cgi.Handler{Path: backend, Root: "/", Env: []string{
		"GIT_PROJECT_ROOT=" + filepath.Dir(repo.Path), "GIT_HTTP_EXPORT_ALL=1", "HOME=" + repo.Path,
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*",
	}})
	defer web.Close()
	url := web.URL + "/" + filepath.Base(repo.Path) + "/.git"
	w := workspace.New(t, map[string]string{"local.Dockerfile": "FROM scratch\nCOPY f /g\n"})
	mustRun(w, Options{},
		&bake.Target{Name: "main", Context: url, Outputs: workspace.To("local", "main")},
		&bake.Target{Name: "sub", Context: url + "#main:sub", DockerfileInline: workspace.Ptr("FROM scratch\nCOPY f /inline\n"), Outputs: workspace.To("local", "sub")},
		&bake.Target{Name: "cwd", Context: url + "?subdir=sub", Dockerfile: "cwd://local.Dockerfile", Outputs: workspace.To("local", "cwd")},
		&bake.Target{Name: "named", DockerfileInline: workspace.Ptr("FROM scratch\nCOPY --from=repo f /n\n"), Contexts: map[string]string{"repo": url + "#main"}, Outputs: workspace.To("local", "named")},
	)
	if got := w.Read("main/f") + w.Read("sub/inline") + w.Read("cwd/g") + w.Read("named/n"); got != "from gitfrom subfrom subfrom git" {
		t.Errorf("content is %q", got)
	}
}

func gitOutput(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// The official frontend cannot be pulled here, so the built-in one stands in.
func TestFrontendStandsIn(t *testing.T) {
	w := workspace.New(t, map[string]string{"f": "x", "Dockerfile": "# syntax=127.0.0.1:1/docker/dockerfile:1\nFROM scratch\nCOPY f /f\n"})
	_, _, err := runPlan(w, Options{}, &bake.Target{Name: "other"})
	if err == nil || !failure.Unreachable(err) {
		t.Errorf("a frontend that is not the official one was replaced: %v", err)
	}
	w.Write("Dockerfile", "# syntax=docker/dockerfile:1\nFROM scratch\nCOPY f /f\n")
	told, _ := mustRun(w, Options{Frontend: frontend.Builtin}, &bake.Target{Name: "a"})
	for _, text := range told.Warnings {
		if strings.Contains(text, "frontend") {
			t.Errorf("warned about what was asked for: %s", text)
		}
	}
	if !frontend.LacksFrontend(errors.New("failed to solve: docker/dockerfile:1: failed to resolve source metadata for docker.io/docker/dockerfile:1: no route")) {
		t.Error("the error of a frontend that cannot be pulled is not recognised")
	}
}

func TestWarnings(t *testing.T) {
	w := workspace.New(t, map[string]string{"Dockerfile": "FROM scratch\nMAINTAINER me\n"})
	told, _ := mustRun(w, Options{}, &bake.Target{Name: "a", Args: map[string]string{"N": "1"}}, &bake.Target{Name: "b", Args: map[string]string{"N": "2"}})
	if got := len(told.Targets[0].Warnings); got != 1 {
		t.Errorf("there are %d warnings about the Dockerfile, want 1", got)
	}
	if len(told.Warnings) != 1 || !strings.HasPrefix(told.Warnings[0], "a, b have no output: their results stay in the cache") {
		t.Errorf("warnings are %q", told.Warnings)
	}
}

func TestUnreachableBuilder(t *testing.T) {
	f, err := driver.GetFactory("remote", true)
	if err != nil {
		t.Fatal(err)
	}
	h, err := driver.GetDriver(t.Context(), f, driver.InitConfig{EndpointAddr: "unix://" + filepath.Join(t.TempDir(), "none")})
	if err != nil {
		t.Fatal(err)
	}
	w := workspace.New(t, map[string]string{"Dockerfile": "FROM scratch\n"})
	plan := &bake.Plan{Targets: []*bake.Target{{Name: "a", Context: "."}}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second) // the driver would try for 20 s
	defer cancel()
	told, err := Run(ctx, plan, []builder.Node{{Builder: "gone", Driver: h}}, Options{Caller: host.Caller{Dir: w.Path}})
	if !failure.Unreachable(err) || !strings.Contains(err.Error(), "cannot reach builder gone") {
		t.Errorf("error is %v", err)
	}
	if told.Targets[0].Result != report.Skipped {
		t.Errorf("the target is %s", told.Targets[0].Result)
	}
	if _, err := Run(t.Context(), plan, nil, Options{Caller: host.Caller{Dir: w.Path}}); err == nil {
		t.Error("built on nothing")
	}
}

// Many targets that share nothing are the case that the design is for. The
// benchmark reports the time and the vertices of a run in which all is cached.
func BenchmarkManyTargets(b *testing.B) {
	for _, n := range []int{1, 50, 200} {
		for _, output := range []string{"cacheonly", "image"} {
			b.Run(fmt.Sprintf("%s/%d", output, n), func(b *testing.B) {
				w := workspace.New(b, nil)
				var targets []*bake.Target
				for i := range n {
					dir := fmt.Sprint("c", i)
					w.Write(dir+"/f", dir)
					w.Write(dir+"/Dockerfile", "FROM scratch\nCOPY f /"+dir+"\n")
					targets = append(targets, &bake.Target{Name: dir, Context: dir, Tags: []string{"bench:" + dir}, Outputs: workspace.To(output, "")})
				}
				mustRun(w, Options{}, targets...)
				for b.Loop() {
					mustRun(w, Options{}, targets...)
				}
				b.ReportMetric(float64(b.Elapsed())/float64(time.Millisecond)/float64(b.N*n), "ms/target")
			})
		}
	}
}
