package display

import (
	"errors"
	"strings"
	"testing"

	"bake/tests/sample"

	"bake/bake"
	"bake/cmd/builders"
	"bake/cmd/exit"
	"bake/cmd/terminal"
	"bake/tests/apptest"

	"github.com/google/go-cmp/cmp"
	"github.com/sirupsen/logrus"
)

func TestProgressMode(t *testing.T) {
	tests := []struct {
		flag, env string
		want      Mode
		err       string
	}{
		{"auto", "", "auto", ""},
		{"", "", "auto", ""},
		{"auto", "plain", "plain", ""},
		{"tty", "plain", "tty", ""},
		{"none", "", "none", ""},
		{"rawjson", "", "rawjson", ""},
		{"loud", "", "", "--progress: invalid progress mode loud, want auto, none, plain, quiet, rawjson or tty"},
		{"auto", "loud", "", "BUILDKIT_PROGRESS: invalid progress mode loud, want auto, none, plain, quiet, rawjson or tty"},
	}
	for _, tt := range tests {
		got, err := ModeOf(tt.flag, bake.Env{"BUILDKIT_PROGRESS": tt.env})
		if tt.err != "" {
			if err == nil || err.Error() != tt.err || exit.CodeOf(err) != exit.Usage {
				t.Errorf("%q %q: got %v, want %s", tt.flag, tt.env, err, tt.err)
			}
			continue
		}
		if err != nil || got != tt.want {
			t.Errorf("%q %q: got %q, %v, want %q", tt.flag, tt.env, got, err, tt.want)
		}
	}
}

func TestDisplay(t *testing.T) {
	a, _, stderr := apptest.New(t)
	d, err := New(a, "plain", &builders.Selection{Name: "b", Driver: "remote", Why: "because"})
	if err != nil {
		t.Fatal(err)
	}
	d.Update(sample.Step("[app 1/1] RUN make", "", false, "made\n"))
	d.Update(sample.Step("[app 1/1] RUN make", "", true))
	logrus.Error("held back")
	d.Close()
	d.Close()
	d.Update(sample.Step("late", "", true)) // must neither block nor show
	got := stderr.String()
	if !strings.HasPrefix(got, "#0 building on \"b\" (remote driver): because\n") {
		t.Errorf("the first line is not about the builder:\n%s", got)
	}
	for _, want := range []string{"[app 1/1] RUN make", "made", "held back"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	if strings.Contains(got, "late") || strings.Index(got, "held back") < strings.Index(got, "made") {
		t.Errorf("late or out of order:\n%s", got)
	}
}

func TestDisplayNeedsTerminal(t *testing.T) {
	a, _, _ := apptest.New(t)
	if _, err := New(a, "tty", &builders.Selection{}); exit.CodeOf(err) != exit.Usage {
		t.Errorf("got %v", err)
	}
}

func TestQuietShowsTheLogOfAFailure(t *testing.T) {
	failure := errors.New("exit code: 1")
	for _, mode := range []Mode{"quiet", "none", "plain", "rawjson"} {
		a, _, _ := apptest.New(t)
		d, err := New(a, mode, &builders.Selection{})
		if err != nil {
			t.Fatal(err)
		}
		d.Update(sample.Step("RUN make", "exit code: 1", true, "one\ntw", "o\n"))
		d.Close()
		var logged *terminal.LoggedError
		if got, want := errors.As(d.Explain(failure), &logged) && !logged.Shown, mode == "quiet" || mode == "none"; got != want {
			t.Errorf("%s: has a log: %v, want %v", mode, got, want)
		}
		if logged != nil {
			if diff := cmp.Diff([]string{"one", "two"}, logged.Log); diff != "" {
				t.Error(diff)
			}
		}
	}
}
