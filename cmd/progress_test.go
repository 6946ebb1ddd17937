package cmd

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
	"github.com/sirupsen/logrus"

	"bake/bake"
)

func TestProgressMode(t *testing.T) {
	tests := []struct {
		flag, env string
		want      displayMode
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
		got, err := progressMode(tt.flag, bake.Env{"BUILDKIT_PROGRESS": tt.env})
		if tt.err != "" {
			if err == nil || err.Error() != tt.err || exitCode(err) != ExitUsage {
				t.Errorf("%q %q: got %v, want %s", tt.flag, tt.env, err, tt.err)
			}
			continue
		}
		if err != nil || got != tt.want {
			t.Errorf("%q %q: got %q, %v, want %q", tt.flag, tt.env, got, err, tt.want)
		}
	}
}

// step is a status update about one step.
func step(name string, err string, done bool, logs ...string) *client.SolveStatus {
	id := digest.FromString(name)
	now := time.Now()
	v := &client.Vertex{Digest: id, Name: name, Started: &now, Error: err}
	if done {
		v.Completed = &now
	}
	s := &client.SolveStatus{Vertexes: []*client.Vertex{v}}
	for _, text := range logs {
		s.Logs = append(s.Logs, &client.VertexLog{Vertex: id, Data: []byte(text), Timestamp: now})
	}
	return s
}

func TestDisplay(t *testing.T) {
	a, _, stderr := newTestApp(t)
	d, err := a.newDisplay("plain", &selection{name: "b", driver: "remote", why: "because"})
	if err != nil {
		t.Fatal(err)
	}
	d.update(step("[app 1/1] RUN make", "", false, "made\n"))
	d.update(step("[app 1/1] RUN make", "", true))
	logrus.Error("held back")
	d.close()
	d.close()
	d.update(step("late", "", true)) // must neither block nor show
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
	a, _, _ := newTestApp(t)
	if _, err := a.newDisplay("tty", &selection{}); exitCode(err) != ExitUsage {
		t.Errorf("got %v", err)
	}
}

func TestQuietShowsTheLogOfAFailure(t *testing.T) {
	failure := errors.New("exit code: 1")
	for _, mode := range []displayMode{"quiet", "none", "plain", "rawjson"} {
		a, _, _ := newTestApp(t)
		d, err := a.newDisplay(mode, &selection{})
		if err != nil {
			t.Fatal(err)
		}
		d.update(step("RUN make", "exit code: 1", true, "one\ntw", "o\n"))
		d.close()
		var logged *loggedError
		if got, want := errors.As(d.explain(failure), &logged) && !logged.shown, mode == "quiet" || mode == "none"; got != want {
			t.Errorf("%s: has a log: %v, want %v", mode, got, want)
		}
		if logged != nil {
			if diff := cmp.Diff([]string{"one", "two"}, logged.log); diff != "" {
				t.Error(diff)
			}
		}
	}
}

func TestLogTails(t *testing.T) {
	var l logTails
	var lines []string
	for i := range 40 {
		lines = append(lines, strings.Repeat("x", i)+"\r\n")
	}
	l.add(step("fine", "", false, "hidden\n"))
	l.add(step("fine", "", true))
	l.add(step("bad", "", false, lines...))
	l.add(step("stopped", "context canceled", true, "stopped\n"))
	l.add(step("bad", "exit code: 2", true, "\x1b[1mlast"))
	name, got := l.failed()
	if name != "bad" || len(got) != maxLogLines || got[len(got)-1] != "\ufffd[1mlast" || got[0] != strings.Repeat("x", 26) {
		t.Errorf("got %q, %q", name, got)
	}
	if _, ok := l.steps[digest.FromString("fine")]; ok {
		t.Error("the log of a step that is done is kept")
	}
}
