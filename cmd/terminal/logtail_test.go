package terminal

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"bake/tests/sample"

	"github.com/moby/buildkit/solver/errdefs"
	"github.com/opencontainers/go-digest"
)

func TestLogTails(t *testing.T) {
	var l LogTails
	var lines []string
	for i := range 40 {
		lines = append(lines, strings.Repeat("x", i)+"\r\n")
	}
	l.Add(sample.Step("fine", "", false, "hidden\n"))
	l.Add(sample.Step("fine", "", true))
	l.Add(sample.Step("bad", "", false, lines...))
	l.Add(sample.Step("stopped", "context canceled", true, "stopped\n"))
	l.Add(sample.Step("bad", "exit code: 2", true, "\x1b[1mlast"))
	name, got := l.Failed()
	if name != "bad" || len(got) != maxLogLines || got[len(got)-1] != "\ufffd[1mlast" || got[0] != strings.Repeat("x", 26) {
		t.Errorf("got %q, %q", name, got)
	}
	if _, ok := l.steps[digest.FromString("fine")]; ok {
		t.Error("the log of a step that is done is kept")
	}
}

// When a run goes on after a failure, each failure has the log of its own step.
func TestLogsOfFailures(t *testing.T) {
	var l LogTails
	l.Add(sample.Step("one", "exit code: 1", true, "log of one\n"))
	l.Add(sample.Step("two", "exit code: 2", true, "log of two\n"))
	for _, name := range []string{"one", "two"} {
		err := errdefs.WrapVertex(errors.New("exit code"), digest.FromString(name))
		if got, lines := l.Of(fmt.Errorf("target: %w", err)); got != name || len(lines) != 1 || lines[0] != "log of "+name {
			t.Errorf("%s: have %q of %q", name, lines, got)
		}
	}
	if _, lines := l.Of(errors.New("else")); len(lines) > 0 {
		t.Errorf("a log %q for an error of no step", lines)
	}
}
