package e2e

import (
	"io"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"bake/tests/fixture"
)

// onTerminal runs bake at a terminal and returns what was shown there.
func (s *site) onTerminal(during func(*background), args ...string) (text string, code int) {
	s.t.Helper()
	term := openTerminal(s.t)
	b := &background{site: s, cmd: s.command(args...), done: make(chan struct{})}
	b.cmd.Env = append(b.cmd.Env, "TERM=xterm-256color", "NO_COLOR=")
	b.cmd.Stdin, b.cmd.Stdout, b.cmd.Stderr = term.theirs, term.theirs, term.theirs
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	shown := make(chan string)
	go func() {
		data, _ := io.ReadAll(term.ours) // ends with an error when nobody holds the other end
		shown <- string(data)
	}()
	b.launch()
	_ = term.theirs.Close()
	if during != nil {
		during(b)
	}
	select {
	case <-b.done:
	case <-time.After(patience):
		s.t.Fatal("bake does not end")
	}
	text = <-shown
	s.t.Logf("exit code %d:\n%q", b.cmd.ProcessState.ExitCode(), text)
	return text, b.cmd.ProcessState.ExitCode()
}

// escape is a control sequence of a terminal.
var escape = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]`)

// At a terminal the progress is drawn and redrawn, and the summary stays; lines
// are never longer than the terminal is wide, and the cursor comes back.
func TestTerminal(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, slow)
	text, code := s.onTerminal(nil)
	if code != 0 {
		t.Fatalf("exit code %d", code)
	}
	if !strings.Contains(text, "\x1b[") {
		t.Error("nothing is drawn")
	}
	checkCursor(t, text)
	plain := escape.ReplaceAllString(text, "")
	for line := range strings.Lines(plain) {
		if n := len([]rune(strings.TrimRight(line, "\r\n"))); n > 100 {
			t.Errorf("a line of %d columns: %q", n, line)
		}
	}
	for _, want := range []string{"default", "built", "out"} {
		if !strings.Contains(plain, want) {
			t.Errorf("the summary has no %q", want)
		}
	}
}

// Ctrl-C, as the terminal itself sends it, ends the build and restores the
// cursor.
func TestTerminalInterrupt(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, slow)
	var pressed time.Time
	text, code := s.onTerminal(func(b *background) {
		untilRunning(t, "sleep 381381")
		pressed = time.Now()
		// The terminal signals the whole group in the foreground.
		if err := syscall.Kill(-b.cmd.Process.Pid, syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		<-b.done
		if took := time.Since(pressed); took > 2*time.Second {
			t.Errorf("it took %s to end", took)
		}
	}, "--var", "SLEEP=381381")
	if code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	checkCursor(t, text)
	untilGone(t, "sleep 381381")
	if state := s.engineState(); !state.Running {
		t.Error("the engine was interrupted, too")
	}
}

// checkCursor fails the test if the cursor was hidden and not shown again.
func checkCursor(t *testing.T, text string) {
	t.Helper()
	if strings.LastIndex(text, "\x1b[?25l") > strings.LastIndex(text, "\x1b[?25h") {
		t.Error("the cursor stays hidden")
	}
}
