package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"bake/tests/fixture"

	"golang.org/x/tools/txtar"
)

// patience bounds every run of bake in a test of faults.
const patience = time.Minute

// site is somebody's working directory, with an engine that is theirs alone.
type site struct {
	t      *testing.T
	dir    string
	engine string // its state directory
	env    []string
	owner  *syscall.Credential // who works here, nil is the user of the tests
}

// newSite lays out the files of a txtar archive. The engine is stopped at the
// end, and must leave nothing.
func newSite(t *testing.T, archive string) *site {
	t.Helper()
	top, err := os.MkdirTemp("", "bake-site-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(top, 0o755); err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, dir: filepath.Join(top, "work"), engine: filepath.Join(top, "engine")}
	home := filepath.Join(top, "home")
	s.env = append((*world)(nil).environment(home, s.engine), "BASE="+baseLayout(t).Context())
	for _, dir := range []string{s.dir, home} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s.write(archive)
	t.Cleanup(func() {
		if err := stopEngine(s.engine, s.owner); err != nil {
			t.Error(err)
		}
		if left := leftovers(top); left != "" {
			t.Errorf("left behind:\n%s", left)
		}
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(s.engine, "engine.log"))
			t.Logf("engine log:\n%s", log)
		}
		if err := os.RemoveAll(top); err != nil {
			t.Error(err)
		}
	})
	return s
}

// write writes the files of a txtar archive.
func (s *site) write(archive string) {
	s.t.Helper()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		path := filepath.Join(s.dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *site) path(name string) string { return filepath.Join(s.dir, name) }

// home is the home directory of who works here.
func (s *site) home() string { return filepath.Join(filepath.Dir(s.dir), "home") }

func (s *site) exists(name string) bool {
	_, err := os.Lstat(s.path(name))
	return err == nil
}

// read is the text of a file that must be there.
func (s *site) read(name string) string {
	s.t.Helper()
	data, err := os.ReadFile(s.path(name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(data)
}

// files are the names in the working directory.
func (s *site) files() []string {
	s.t.Helper()
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// command is a bake that is killed if it takes too long.
func (s *site) command(args ...string) *exec.Cmd { return s.commandWithin(patience, args...) }

// patient is a bake that may take long, on a machine that has others to serve.
func (s *site) patient(args ...string) *exec.Cmd { return s.commandWithin(5*patience, args...) }

func (s *site) commandWithin(limit time.Duration, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(s.t.Context(), limit)
	s.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = s.dir, slices.Clone(s.env)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner}
	cmd.WaitDelay = time.Second
	return cmd
}

// run runs bake to its end and expects an exit code.
func (s *site) run(code int, args ...string) fixture.Outcome {
	s.t.Helper()
	o := fixture.Run(s.t, s.command(args...))
	s.t.Logf("bake %s: exit code %d after %s\n%s%s", strings.Join(args, " "), o.Code, o.Wall.Round(time.Millisecond), o.Stdout, o.Stderr)
	if o.Code != code {
		s.t.Fatalf("exit code %d, want %d", o.Code, code)
	}
	return o
}

// tells fails the test unless the outcome's stderr has all of the texts.
func tells(t *testing.T, o fixture.Outcome, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(o.Stderr, text) {
			t.Errorf("stderr does not tell %q", text)
		}
	}
}

// engineState is the engine as "bake engine status" shows it.
func (s *site) engineState() (state struct {
	Running  bool
	PID      int
	Builds   int
	Socket   string
	Rootless bool
	SingleID bool
}) {
	s.t.Helper()
	o := fixture.MustRun(s.t, s.command("engine", "status", "--format=json"))
	if err := json.Unmarshal([]byte(o.Stdout), &state); err != nil {
		s.t.Fatalf("%v: %s", err, o.Stdout)
	}
	return state
}

// background is a bake that is running.
type background struct {
	site *site
	cmd  *exec.Cmd
	done chan struct{}
	text lockedBuffer
}

// start starts bake and lets it run.
func (s *site) start(args ...string) *background {
	s.t.Helper()
	b := &background{site: s, cmd: s.command(args...), done: make(chan struct{})}
	b.cmd.Stdout, b.cmd.Stderr = &b.text, &b.text
	b.launch()
	return b
}

func (b *background) launch() {
	b.site.t.Helper()
	if err := b.cmd.Start(); err != nil {
		b.site.t.Fatal(err)
	}
	go func() {
		defer close(b.done)
		_ = b.cmd.Wait()
	}()
	b.site.t.Cleanup(func() {
		_ = b.cmd.Process.Kill()
		<-b.done
	})
}

// signal sends a signal to bake itself.
func (b *background) signal(sig syscall.Signal) {
	b.site.t.Helper()
	if err := b.cmd.Process.Signal(sig); err != nil {
		b.site.t.Fatal(err)
	}
}

// wait waits for the end within a limit and expects an exit code.
func (b *background) wait(limit time.Duration, code int) string {
	t := b.site.t
	t.Helper()
	start := time.Now()
	select {
	case <-b.done:
	case <-time.After(limit):
		t.Fatalf("bake still runs after %s\n%s", limit, b.text.String())
	}
	text := b.text.String()
	t.Logf("exit code %d after another %s\n%s", b.cmd.ProcessState.ExitCode(), time.Since(start).Round(time.Millisecond), text)
	if got := b.cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("exit code %d, want %d", got, code)
	}
	return text
}

// untilRunning waits for a process with text in its command line, such as that
// of a RUN step.
func untilRunning(t *testing.T, text string) {
	t.Helper()
	fixture.Await(t, 30*time.Second, "a process "+text+" runs", func() bool { return running(text) })
}

// untilGone waits until no process has text in its command line.
func untilGone(t *testing.T, text string) {
	t.Helper()
	fixture.Await(t, 10*time.Second, "the process "+text+" is gone", func() bool { return !running(text) })
}

// lockedBuffer is written by a process and read by a test at the same time.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
