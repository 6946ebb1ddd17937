package engine

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"bake/bake/engine/rootless"
	"bake/bake/engine/server"
	"bake/tests/fixture"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	"github.com/tonistiigi/fsutil"
)

// TestMain makes the test binary an engine: it starts itself as one.
func TestMain(m *testing.M) {
	Main()
	if dir := os.Getenv(envTestServe); dir != "" {
		cfg, err := Default(os.Getenv)
		if err == nil {
			cfg.Dir = dir
			err = Serve(context.Background(), cfg)
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if path := os.Getenv(envTestDial); path != "" {
		conn, err := net.Dial("unix", path)
		if err == nil {
			_, err = conn.Read(make([]byte, 1))
		}
		fmt.Println(err)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// envTestDial makes the test binary connect to a socket and say how that ended.
const envTestDial = "_BAKE_ENGINE_TEST_DIAL"

// envTestServe makes the test binary serve in the foreground.
const envTestServe = "_BAKE_ENGINE_TEST_SERVE"

// needEngine skips a test that has to start engines where that is impossible.
func needEngine(t *testing.T) {
	t.Helper()
	lack := hostLacks()
	fixture.Need(t, lack == "", "a host without this: "+lack)
}

// tempConfig is the configuration of an engine of its own, stopped at the end.
func tempConfig(t *testing.T) Config {
	t.Helper()
	needEngine(t)
	dir, err := os.MkdirTemp("", "bake-engine-")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := Default(func(name string) string {
		if name == EnvDir {
			return filepath.Join(dir, "state")
		}
		return ""
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Notify = func(text string) { t.Log(text) }
	t.Cleanup(func() {
		if err := Stop(context.Background(), cfg); err != nil {
			t.Errorf("stop: %v", err)
		}
		if t.Failed() {
			log, _ := os.ReadFile(LogFile(cfg))
			t.Logf("engine log:\n%s", log)
		}
		if err := rootless.RemoveAll(dir); err != nil {
			t.Errorf("the state cannot be removed after the stop: %v", err)
		}
	})
	return cfg
}

// testContext ends before the test's patience does.
func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// busyboxDir is a directory with a static busybox in bin, to be used as a base.
func busyboxDir(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(fixture.Program(t, "busybox", "busybox-static"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "bin/busybox"), data, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// shell is a base with busybox and the script run in it, under /out.
func shell(script string) llb.State {
	base := llb.Scratch().File(llb.Copy(llb.Local("base"), "/", "/"))
	return base.Run(llb.Args([]string{"/bin/busybox", "sh", "-c", script})).AddMount("/out", llb.Scratch())
}

// solve builds st on the engine and returns the directory of its files.
func solve(ctx context.Context, t *testing.T, cfg Config, base string, st llb.State) (string, error) {
	t.Helper()
	nodes, err := Nodes(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c, err := nodes[0].Driver.Client(ctx)
	if err != nil {
		return "", err
	}
	defer c.Close()
	return solveWith(ctx, t, c, base, st)
}

func solveWith(ctx context.Context, t *testing.T, c *client.Client, base string, st llb.State) (string, error) {
	t.Helper()
	def, err := st.Marshal(ctx, llb.LinuxAmd64)
	if err != nil {
		t.Fatal(err)
	}
	fs, err := fsutil.NewFS(base)
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	_, err = c.Solve(ctx, def, client.SolveOpt{
		LocalMounts: map[string]fsutil.FS{"base": fs},
		Exports:     []client.ExportEntry{{Type: client.ExporterLocal, OutputDir: out}},
	}, nil)
	return out, err
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
}

func TestColdStartRuns(t *testing.T) {
	cfg := tempConfig(t)
	ctx := testContext(t)
	if s, err := Status(ctx, cfg); err != nil || s.Running {
		t.Fatalf("before the start: running=%v, err=%v", s.Running, err)
	}
	begin := time.Now()
	if err := Start(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	t.Logf("cold start to serving: %s", time.Since(begin))
	out, err := solve(ctx, t, cfg, busyboxDir(t), shell("echo $((6*7)) > /out/answer"))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("with a build: %s", time.Since(begin))
	if got := read(t, filepath.Join(out, "answer")); got != "42" {
		t.Errorf("answer is %q, want 42", got)
	}
	s, err := Status(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(read(t, filepath.Join("/proc", strconv.Itoa(s.PID), "status")), "\n") {
		if strings.HasPrefix(line, "VmRSS") || strings.HasPrefix(line, "Name") {
			t.Logf("engine process: %s", line)
		}
	}
	if !s.Running || !s.Current || s.PID <= 1 || s.Snapshotter == "" || s.Runtime == "" {
		t.Errorf("status is incomplete: %+v", s)
	}
}

// cgroupName is the cgroup of the containers of cfg's engine.
func cgroupName(cfg Config) string { return server.CgroupParent(server.Options{Root: cfg.Dir}) }

// cachedSteps builds st and counts its steps and those that were cached.
func cachedSteps(ctx context.Context, t *testing.T, cfg Config, base string, st llb.State) (steps, cached int) {
	t.Helper()
	c, err := Client(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	def, err := st.Marshal(ctx, llb.LinuxAmd64)
	if err != nil {
		t.Fatal(err)
	}
	fs, err := fsutil.NewFS(base)
	if err != nil {
		t.Fatal(err)
	}
	events := make(chan *client.SolveStatus)
	counted := make(chan struct{})
	seen := map[string]bool{}
	go func() {
		defer close(counted)
		for e := range events {
			for _, v := range e.Vertexes {
				if v.Completed != nil {
					seen[v.Digest.String()] = v.Cached
				}
			}
		}
	}()
	if _, err := c.Solve(ctx, def, client.SolveOpt{LocalMounts: map[string]fsutil.FS{"base": fs}}, events); err != nil {
		t.Fatal(err)
	}
	<-counted
	for _, isCached := range seen {
		steps++
		if isCached {
			cached++
		}
	}
	return steps, cached
}
