package engine

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// waitFor polls until ok or the test's patience ends.
func waitFor(t *testing.T, what string, patience time.Duration, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("not within %s: %s", patience, what)
}

func status(t *testing.T, cfg Config) State {
	t.Helper()
	s, err := Status(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestClientsShareOneEngine(t *testing.T) {
	cfg := tempConfig(t)
	base := busyboxDir(t)
	var started sync.Map
	cfg.Notify = func(text string) { started.Store(text, true); t.Log(text) }
	ctx := testContext(t)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			out, err := solve(ctx, t, cfg, base, shell("echo "+string(rune('a'+i))+" > /out/name"))
			if err != nil {
				t.Errorf("client %d: %v", i, err)
				return
			}
			if got := read(t, filepath.Join(out, "name")); got != string(rune('a'+i)) {
				t.Errorf("client %d got %q", i, got)
			}
		}()
	}
	wg.Wait()
	n := 0
	started.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d engines were started, want 1", n)
	}
}

func TestKilledEngineIsReplaced(t *testing.T) {
	cfg := tempConfig(t)
	base := busyboxDir(t)
	ctx := testContext(t)
	first := shell("echo first > /out/file")
	if _, err := solve(ctx, t, cfg, base, first); err != nil {
		t.Fatal(err)
	}
	s := status(t, cfg)
	failed := make(chan error, 1)
	go func() {
		_, err := solve(ctx, t, cfg, base, shell("sleep 600; true # "+t.Name()))
		failed <- err
	}()
	var sleeper int
	waitFor(t, "the container runs", 20*time.Second, func() bool {
		sleeper = processWith(t, "sleep 600; true # "+t.Name())
		return sleeper != 0
	})
	if err := unix.Kill(s.PID, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-failed:
		if err == nil {
			t.Error("the build of a killed engine did not fail")
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the build of a killed engine hangs")
	}
	waitFor(t, "the container died with its engine", 5*time.Second, func() bool {
		return processWith(t, "sleep 600; true # "+t.Name()) == 0
	})
	if left := mountsBelow(t, cfg.Dir); len(left) > 0 {
		t.Errorf("mounts left behind: %v", left)
	}
	out, err := solve(ctx, t, cfg, base, shell("echo again > /out/file"))
	if err != nil {
		t.Fatalf("the next build: %v", err)
	}
	if got := read(t, filepath.Join(out, "file")); got != "again" {
		t.Errorf("the next build made %q", got)
	}
	if now := status(t, cfg); now.PID == s.PID || !now.Running {
		t.Errorf("the engine was not replaced: %+v", now)
	}
	checkSwept(t, cfg)
	if _, cached := cachedSteps(ctx, t, cfg, base, first); cached == 0 {
		t.Error("the state did not survive: nothing was cached")
	}
}

// checkSwept looks for what the killed engine left in its bundles.
func checkSwept(t *testing.T, cfg Config) {
	t.Helper()
	entries, err := filepath.Glob(filepath.Join(cfg.Dir, "runc-*", "executor", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range entries {
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			t.Errorf("bundle left behind: %s", name)
		}
	}
	cgroups, err := filepath.Glob("/sys/fs/cgroup/*/bake-*/buildkit/*/cgroup.procs")
	if err != nil {
		t.Fatal(err)
	}
	name := cgroupName(cfg)
	for _, c := range cgroups {
		if strings.Contains(c, name) {
			t.Errorf("cgroup left behind: %s", c)
		}
	}
}

// processWith finds a process by its command line, as seen from the host.
func processWith(t *testing.T, text string) int {
	t.Helper()
	names, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(data), text) || !strings.HasPrefix(string(data), "/bin/busybox") {
			continue
		}
		var pid int
		for _, c := range filepath.Base(filepath.Dir(name)) {
			pid = pid*10 + int(c-'0')
		}
		return pid
	}
	return 0
}

func mountsBelow(t *testing.T, dir string) []string {
	t.Helper()
	data, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, line := range strings.Split(string(data), "\n") {
		if strings.Contains(line, dir) {
			found = append(found, line)
		}
	}
	return found
}

func TestIdleExit(t *testing.T) {
	cfg := tempConfig(t)
	cfg.Idle = 300 * time.Millisecond
	ctx := testContext(t)
	if err := Start(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the engine exits when idle", 10*time.Second, func() bool { return !status(t, cfg).Running })
	if err := waitGone(ctx, cfg, 0); err != nil {
		t.Error(err)
	}
}

func TestBusyEngineDoesNotExit(t *testing.T) {
	cfg := tempConfig(t)
	cfg.Idle = 200 * time.Millisecond
	out, err := solve(testContext(t), t, cfg, busyboxDir(t), shell("sleep 1.5; echo done > /out/file"))
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(out, "file")); got != "done" {
		t.Errorf("got %q", got)
	}
}

func TestClientsSurviveIdleExits(t *testing.T) {
	cfg := tempConfig(t)
	cfg.Idle = 20 * time.Millisecond
	base := busyboxDir(t)
	ctx := testContext(t)
	var wg sync.WaitGroup
	for range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 12 {
				if _, err := solve(ctx, t, cfg, base, shell("true")); err != nil {
					t.Errorf("build %d: %v", i, err)
					return
				}
				time.Sleep(time.Duration(i) * 15 * time.Millisecond)
			}
		}()
	}
	wg.Wait()
}

func TestStopEndsBuilds(t *testing.T) {
	cfg := tempConfig(t)
	base := busyboxDir(t)
	ctx := testContext(t)
	failed := make(chan error, 1)
	go func() {
		_, err := solve(ctx, t, cfg, base, shell("sleep 601; true # "+t.Name()))
		failed <- err
	}()
	waitFor(t, "the container runs", 20*time.Second, func() bool { return processWith(t, "sleep 601; true # "+t.Name()) != 0 })
	if err := Stop(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err == nil {
		t.Error("the build did not fail")
	}
	if processWith(t, "sleep 601; true # "+t.Name()) != 0 {
		t.Error("the container outlived the engine")
	}
}

func TestStaleSocketAndLock(t *testing.T) {
	cfg := tempConfig(t)
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{lockName, "engine.sock"} {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(cfg.Dir, name)
		if name == lockName {
			err = os.WriteFile(path, []byte("12345"), 0o600)
		} else {
			err = unix.Bind(fd, &unix.SockaddrUnix{Name: path})
		}
		if err != nil {
			t.Fatal(err)
		}
		unix.Close(fd)
	}
	if err := os.Chmod(filepath.Join(cfg.Dir, "engine.sock"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Start(testContext(t), cfg); err != nil {
		t.Fatal(err)
	}
}

func TestRemovedSocketIsMadeAgain(t *testing.T) {
	cfg := tempConfig(t)
	ctx := testContext(t)
	if err := Start(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	before := status(t, cfg)
	if err := os.Remove(before.Socket); err != nil {
		t.Fatal(err)
	}
	if err := Start(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	if after := status(t, cfg); after.PID != before.PID {
		t.Errorf("process %d was replaced by %d", before.PID, after.PID)
	}
}

func TestRemovedStateStopsTheEngine(t *testing.T) {
	cfg := tempConfig(t)
	ctx := testContext(t)
	if err := Start(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	pid := status(t, cfg).PID
	if err := os.RemoveAll(cfg.Dir); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the engine ends", 15*time.Second, func() bool { return errors.Is(unix.Kill(pid, 0), unix.ESRCH) })
	if err := Start(ctx, cfg); err != nil {
		t.Errorf("the next start: %v", err)
	}
}

func TestVersionSkew(t *testing.T) {
	cfg := tempConfig(t)
	base := busyboxDir(t)
	ctx := testContext(t)
	old := cfg
	old.Version = "v0.0.1-old"
	if err := Start(ctx, old); err != nil {
		t.Fatal(err)
	}
	before := status(t, cfg)
	if before.Current || before.Version != old.Version {
		t.Fatalf("the old engine is taken for a current one: %+v", before)
	}
	var told []string
	cfg.Notify = func(text string) { told = append(told, text) }

	busy := make(chan error, 1)
	go func() {
		_, err := solve(ctx, t, old, base, shell("sleep 2; echo kept > /out/file"))
		busy <- err
	}()
	waitFor(t, "the old engine builds", 20*time.Second, func() bool { return status(t, cfg).Builds == 1 })
	if _, err := solve(ctx, t, cfg, base, shell("echo shared > /out/file")); err != nil {
		t.Fatalf("with the busy old engine: %v", err)
	}
	if len(told) != 1 || !strings.Contains(told[0], "v0.0.1-old") || !strings.Contains(told[0], "busy") {
		t.Errorf("told %q", told)
	}
	if err := <-busy; err != nil {
		t.Errorf("the build of the old engine was disturbed: %v", err)
	}
	waitFor(t, "the old engine is idle", 10*time.Second, func() bool { return status(t, cfg).Builds == 0 })
	if _, err := solve(ctx, t, cfg, base, shell("echo new > /out/file")); err != nil {
		t.Fatal(err)
	}
	if after := status(t, cfg); !after.Current || after.PID == before.PID {
		t.Errorf("the idle old engine was not replaced: %+v", after)
	}
}

func TestServeInForeground(t *testing.T) {
	cfg := tempConfig(t)
	ctx, cancel := context.WithCancel(testContext(t))
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, cfg) }()
	waitFor(t, "it serves", 20*time.Second, func() bool { return status(t, cfg).Running })
	if err := Serve(ctx, cfg); !errors.Is(err, errLocked) {
		t.Errorf("a second one on the same directory: %v", err)
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(15 * time.Second):
		t.Fatal("it does not end with its context")
	}
	if status(t, cfg).Running {
		t.Error("the engine still runs")
	}
}

// An engine in the foreground ends when it is told to, whatever became of its
// socket: one that nobody may use, that is gone, or that somebody else made.
func TestServeEndsWithoutItsSocket(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"open to others": func(path string) error { return os.Chmod(path, 0o666) },
		"no rights":      func(path string) error { return os.Chmod(path, 0) },
		"open directory": func(path string) error { return os.Chmod(filepath.Dir(path), 0o777) },
		"removed":        os.Remove,
		"a file": func(path string) error {
			return errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := tempConfig(t)
			ctx, cancel := context.WithCancel(testContext(t))
			ended := make(chan error, 1)
			go func() { ended <- Serve(ctx, cfg) }()
			waitFor(t, "it serves", 20*time.Second, func() bool { return status(t, cfg).Running })
			path := status(t, cfg).Socket
			if err := spoil(path); err != nil {
				t.Fatal(err)
			}
			defer func() { // else the test could not ask whether it runs
				_ = os.Chmod(filepath.Dir(path), 0o700)
				_ = os.Remove(path)
			}()
			cancel()
			select {
			case err := <-ended:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(stopTime):
				t.Fatal("it does not end with its context")
			}
			if free, err := unlocked(cfg.Dir); !free || err != nil {
				t.Errorf("the engine still has the state directory: %v", err)
			}
		})
	}
}

func TestServeDiesWithItsParent(t *testing.T) {
	cfg := tempConfig(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parent := exec.Command(exe)
	parent.Env = append(os.Environ(), envTestServe+"="+cfg.Dir)
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "it serves", 20*time.Second, func() bool { return status(t, cfg).Running })
	pid := status(t, cfg).PID
	if err := parent.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	waitFor(t, "the engine ends with its parent", 5*time.Second, func() bool { return errors.Is(unix.Kill(pid, 0), unix.ESRCH) })
}
