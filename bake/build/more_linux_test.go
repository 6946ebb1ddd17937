package build

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
			w := newWorkspace(t, map[string]string{"Dockerfile": shellBase + "RUN echo " + name + " > /x\n", ".dockerignore": "cache\n"})
			w.busybox()
			nodes(t)
			emptyEngine(t)
			first, _ := w.mustRun(Options{}, &bake.Target{Name: "a", CacheTo: []bake.Entry{c.to}})
			emptyEngine(t)
			second, _ := w.mustRun(Options{}, &bake.Target{Name: "a", CacheFrom: []bake.Entry{c.from}})
			if first.Targets[0].Result != Built || second.Targets[0].Result != Cached {
				t.Errorf("first %s, second %s with %d of %d steps cached", first.Targets[0].Result,
					second.Targets[0].Result, second.Targets[0].Cached, second.Targets[0].Steps)
			}
		})
	}
}

func TestGitContexts(t *testing.T) {
	backend := filepath.Join(gitOutput(t, "", "--exec-path"), "git-http-backend")
	repo := newWorkspace(t, map[string]string{"f": "from git", "sub/f": "from sub", "Dockerfile": "FROM scratch\nCOPY f /f\n"})
	gitOutput(t, repo.dir, "init", "-q", "-b", "main")
	gitOutput(t, repo.dir, "add", ".")
	gitOutput(t, repo.dir, "-c", "user.name=n", "-c", "user.email=e", "commit", "-q", "-m", "x")
	web := httptest.NewServer(&cgi.Handler{Path: backend, Root: "/", Env: []string{
		"GIT_PROJECT_ROOT=" + filepath.Dir(repo.dir), "GIT_HTTP_EXPORT_ALL=1", "HOME=" + repo.dir,
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*",
	}})
	defer web.Close()
	url := web.URL + "/" + filepath.Base(repo.dir) + "/.git"
	w := newWorkspace(t, map[string]string{"local.Dockerfile": "FROM scratch\nCOPY f /g\n"})
	w.mustRun(Options{},
		&bake.Target{Name: "main", Context: url, Outputs: to("local", "main")},
		&bake.Target{Name: "sub", Context: url + "#main:sub", DockerfileInline: inline("FROM scratch\nCOPY f /inline\n"), Outputs: to("local", "sub")},
		&bake.Target{Name: "cwd", Context: url + "?subdir=sub", Dockerfile: "cwd://local.Dockerfile", Outputs: to("local", "cwd")},
		&bake.Target{Name: "named", DockerfileInline: inline("FROM scratch\nCOPY --from=repo f /n\n"), Contexts: map[string]string{"repo": url + "#main"}, Outputs: to("local", "named")},
	)
	if got := w.read("main/f") + w.read("sub/inline") + w.read("cwd/g") + w.read("named/n"); got != "from gitfrom subfrom subfrom git" {
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
	w := newWorkspace(t, map[string]string{"f": "x", "Dockerfile": "# syntax=127.0.0.1:1/docker/dockerfile:1\nFROM scratch\nCOPY f /f\n"})
	_, _, err := w.run(Options{}, &bake.Target{Name: "other"})
	if err == nil || !Unreachable(err) {
		t.Errorf("a frontend that is not the official one was replaced: %v", err)
	}
	w.write("Dockerfile", "# syntax=docker/dockerfile:1\nFROM scratch\nCOPY f /f\n")
	report, _ := w.mustRun(Options{Frontend: FrontendBuiltin}, &bake.Target{Name: "a"})
	for _, text := range report.Warnings {
		if strings.Contains(text, "frontend") {
			t.Errorf("warned about what was asked for: %s", text)
		}
	}
	if !lacksFrontend(errors.New("failed to solve: docker/dockerfile:1: failed to resolve source metadata for docker.io/docker/dockerfile:1: no route")) {
		t.Error("the error of a frontend that cannot be pulled is not recognised")
	}
}

func TestWarnings(t *testing.T) {
	w := newWorkspace(t, map[string]string{"Dockerfile": "FROM scratch\nMAINTAINER me\n"})
	report, _ := w.mustRun(Options{}, &bake.Target{Name: "a", Args: map[string]string{"N": "1"}}, &bake.Target{Name: "b", Args: map[string]string{"N": "2"}})
	if got := len(report.Targets[0].Warnings); got != 1 {
		t.Errorf("there are %d warnings about the Dockerfile, want 1", got)
	}
	if len(report.Warnings) != 1 || !strings.HasPrefix(report.Warnings[0], "a, b have no output: their results stay in the cache") {
		t.Errorf("warnings are %q", report.Warnings)
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
	w := newWorkspace(t, map[string]string{"Dockerfile": "FROM scratch\n"})
	plan := &bake.Plan{Targets: []*bake.Target{{Name: "a", Context: "."}}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second) // the driver would try for 20 s
	defer cancel()
	report, err := Run(ctx, plan, []builder.Node{{Builder: "gone", Driver: h}}, Options{Caller: Caller{Dir: w.dir}})
	if !Unreachable(err) || !strings.Contains(err.Error(), "cannot reach builder gone") {
		t.Errorf("error is %v", err)
	}
	if report.Targets[0].Result != Skipped {
		t.Errorf("the target is %s", report.Targets[0].Result)
	}
	if _, err := Run(t.Context(), plan, nil, Options{Caller: Caller{Dir: w.dir}}); err == nil {
		t.Error("built on nothing")
	}
}

// Many targets that share nothing are the case that the design is for. The
// benchmark reports the time and the vertices of a run in which all is cached.
func BenchmarkManyTargets(b *testing.B) {
	for _, n := range []int{1, 50, 200} {
		for _, output := range []string{"cacheonly", "image"} {
			b.Run(fmt.Sprintf("%s/%d", output, n), func(b *testing.B) {
				w := newWorkspace(b, nil)
				var targets []*bake.Target
				for i := range n {
					dir := fmt.Sprint("c", i)
					w.write(dir+"/f", dir)
					w.write(dir+"/Dockerfile", "FROM scratch\nCOPY f /"+dir+"\n")
					targets = append(targets, &bake.Target{Name: dir, Context: dir, Tags: []string{"bench:" + dir}, Outputs: to(output, "")})
				}
				w.mustRun(Options{}, targets...)
				for b.Loop() {
					w.mustRun(Options{}, targets...)
				}
				b.ReportMetric(float64(b.Elapsed())/float64(time.Millisecond)/float64(b.N*n), "ms/target")
			})
		}
	}
}
