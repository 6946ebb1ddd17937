package script

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/containerd/console"

	"bake/bake/engine"
	"bake/tests/fixture"
)

// terminal is a run of bake at a terminal of its own.
type terminal struct {
	t      *testing.T
	master console.Console
	cmd    *exec.Cmd
	began  time.Time

	mu   sync.Mutex
	text bytes.Buffer
	done chan error
}

// atTerminal starts bake in a directory that holds one definition.
func atTerminal(t *testing.T, engineDir, definition string, args ...string) *terminal {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "docker-bake.hcl"), []byte(definition), 0o644); err != nil {
		t.Fatal(err)
	}
	master, slavePath, err := console.NewPty()
	if err != nil {
		t.Fatal(err)
	}
	if err := master.Resize(console.WinSize{Width: 120, Height: 30}); err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(slavePath, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := &terminal{t: t, master: master, done: make(chan error, 1)}
	r.cmd = &exec.Cmd{
		Path: program, Args: append([]string{"bake"}, args...), Dir: dir,
		Env: []string{
			"HOME=" + dir, "TERM=xterm", "PATH=" + os.Getenv("PATH"),
			"BAKE_ENGINE_DIR=" + engineDir, "BUILDKIT_HOST=" + os.Getenv("BUILDKIT_HOST"),
		},
		Stdin: slave, Stdout: slave, Stderr: slave,
		SysProcAttr: &syscall.SysProcAttr{Setsid: true, Setctty: true},
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go r.read()
	go func() { r.done <- r.cmd.Wait() }()
	t.Cleanup(func() {
		r.cmd.Process.Kill()
		master.Close()
	})
	return r
}

// read collects what is shown until the terminal goes away.
func (r *terminal) read() {
	buf := make([]byte, 4096)
	for {
		n, err := r.master.Read(buf)
		r.mu.Lock()
		r.text.Write(buf[:n])
		r.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (r *terminal) shown() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.ReplaceAll(r.text.String(), "\r\n", "\n")
}

// types presses keys; the clock starts then.
func (r *terminal) types(keys string) {
	r.t.Helper()
	r.began = time.Now()
	if _, err := io.WriteString(r.master, keys); err != nil {
		r.t.Fatal(err)
	}
}

// ends waits for the end of the run and checks its exit code and that it came
// within the limit after the last key.
func (r *terminal) ends(code int, limit time.Duration) {
	r.t.Helper()
	select {
	case err := <-r.done:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			r.t.Fatal(err)
		}
	case <-time.After(20 * time.Second):
		r.t.Fatalf("it does not end; it shows:\n%s", r.shown())
	}
	if got := r.cmd.ProcessState.ExitCode(); got != code {
		r.t.Errorf("exit code %d, want %d; it shows:\n%s", got, code, r.shown())
	}
	if took := time.Since(r.began); !r.began.IsZero() && took > limit {
		r.t.Errorf("it took %s to end, more than %s", took, limit)
	}
	time.Sleep(50 * time.Millisecond) // for the reader to get the last words
}

const quickTarget = `
target "default" {
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /\n"
  output            = ["out"]
}
`

func slowTarget(url string) string {
	return strings.ReplaceAll(`
target "default" {
  dockerfile-inline = "FROM scratch\nADD URL /\n"
  output            = ["out"]
}
`, "URL", url)
}

func TestTerminal(t *testing.T) {
	engineDir := startEngine(t)
	r := atTerminal(t, engineDir, quickTarget)
	r.ends(0, 0)
	text := r.shown()
	for _, want := range []string{"[+] Building", "embedded: no builder was named", "\x1b[", "TARGET", "\x1b[32mbuilt"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%q", want, text)
		}
	}
	broken := atTerminal(t, engineDir, `target "default" { args = { A = B } }`)
	broken.ends(2, 0)
	if !strings.Contains(broken.shown(), "\x1b[1;31merror[unknown-variable]\x1b[0m") {
		t.Errorf("the diagnostic is not coloured:\n%q", broken.shown())
	}
}

func TestCtrlC(t *testing.T) {
	engineDir := startEngine(t)
	for keys, name := range map[string]string{"\x03": "once", "\x03\x03\x03": "impatiently"} {
		t.Run(name, func(t *testing.T) {
			slow := newSlow(t)
			r := atTerminal(t, engineDir, slowTarget(slow.url))
			<-slow.asked
			r.types(keys)
			r.ends(130, 2*time.Second)
			if name == "once" && !strings.Contains(r.shown(), "interrupted; canceled: default") {
				t.Errorf("it does not say what was stopped:\n%s", r.shown())
			}
			nothingLeft(t, r, engineDir)
		})
	}
}

// TestGrant asks a person for an entitlement.
func TestGrant(t *testing.T) {
	engineDir := startEngine(t)
	target := strings.Replace(quickTarget, `"out"`, `"type=local,dest=../outside,mode=delete"`, 1)
	for answer, code := range map[string]int{"y\r": 0, "\r": 4, "no\r": 4, "\x03": 130} {
		r := atTerminal(t, engineDir, target)
		fixture.Await(t, 10*time.Second, "no question", func() bool { return strings.Contains(r.shown(), "[y/N] ") })
		r.types(answer)
		r.ends(code, 10*time.Second)
		if text := r.shown(); code == 0 && strings.Contains(text[strings.Index(text, "[y/N]"):], "load local bake definitions") {
			t.Errorf("it tells again what was read:\n%s", text)
		}
	}
}

// TestCtrlCWithDeafBuilder interrupts a run whose builder takes connections
// and never says anything.
func TestCtrlCWithDeafBuilder(t *testing.T) {
	dir, err := os.MkdirTemp("", "deaf")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	connected := make(chan struct{}, 100)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			connected <- struct{}{}
		}
	}()
	t.Setenv("BUILDKIT_HOST", "unix://"+l.Addr().String())
	r := atTerminal(t, dir, quickTarget)
	<-connected
	r.types("\x03")
	r.ends(130, 2*time.Second)
}

// TestClosedTerminal is a window closed in mid build.
func TestClosedTerminal(t *testing.T) {
	engineDir := startEngine(t)
	slow := newSlow(t)
	r := atTerminal(t, engineDir, slowTarget(slow.url))
	<-slow.asked
	r.began = time.Now()
	r.master.Close()
	r.ends(130, 2*time.Second)
	nothingLeft(t, r, engineDir)
}

// nothingLeft checks that an interrupted build left neither output nor a build
// on the engine.
func nothingLeft(t *testing.T, r *terminal, engineDir string) {
	t.Helper()
	entries, err := os.ReadDir(r.cmd.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "docker-bake.hcl" {
			t.Errorf("left behind: %s", e.Name())
		}
	}
	cfg, err := engine.Default(func(name string) string { return map[string]string{engine.EnvDir: engineDir}[name] })
	if err != nil {
		t.Fatal(err)
	}
	fixture.Await(t, 2*time.Second, "the engine still builds", func() bool {
		state, err := engine.Status(context.Background(), cfg)
		return err == nil && state.Running && state.Builds == 0
	})
}
