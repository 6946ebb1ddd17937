package cmd

import (
	"strings"
	"testing"
)

// panics is a reader with a bug.
type panics struct{}

func (panics) Read([]byte) (int, error) { panic("the reader broke") }

func TestPanicsReachNobody(t *testing.T) {
	a, stdout, stderr := newTestApp(t, "-f", "-", "--print")
	a.in = panics{}
	if code := a.run(); code != ExitBuild {
		t.Errorf("exit code %d, want %d", code, ExitBuild)
	}
	want := "error: internal error: the reader broke\n\nThis is a bug of bake, not of your definition. Run it again with --debug and\nreport what it says.\n"
	if stderr.String() != want || stdout.Len() > 0 {
		t.Errorf("got %q, want %q", stderr, want)
	}
	b, _, stderr := newTestApp(t, "-f", "-", "--print", "--debug")
	b.in = panics{}
	b.run()
	if !strings.Contains(stderr.String(), "app_test.go") {
		t.Errorf("no stack trace with --debug:\n%s", stderr)
	}
}
