package cmd

import (
	"strings"
	"testing"

	"bake/cmd/exit"
	"bake/tests/apptest"
)

// panics is a reader with a bug.
type panics struct{}

func (panics) Read([]byte) (int, error) { panic("the reader broke") }

func TestPanicsReachNobody(t *testing.T) {
	a, stdout, stderr := apptest.New(t, "-f", "-", "--print")
	a.In = panics{}
	if code := runCommand(a); code != exit.Build {
		t.Errorf("exit code %d, want %d", code, exit.Build)
	}
	want := "error: internal error: the reader broke\n\nThis is a bug of bake, not of your definition. Run it again with --debug and\nreport what it says.\n"
	if stderr.String() != want || stdout.Len() > 0 {
		t.Errorf("got %q, want %q", stderr, want)
	}
	b, _, stderr := apptest.New(t, "-f", "-", "--print", "--debug")
	b.In = panics{}
	runCommand(b)
	if !strings.Contains(stderr.String(), "app_test.go") {
		t.Errorf("no stack trace with --debug:\n%s", stderr)
	}
}
