package display

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"sync"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/progress/progressui"
	"github.com/opencontainers/go-digest"
	"github.com/sirupsen/logrus"

	"bake/bake"
	"bake/bake/submit/progress"
	"bake/bake/submit/report"
	"bake/cmd/app"
	"bake/cmd/builders"
	"bake/cmd/exit"
	"bake/cmd/files"
	"bake/cmd/github"
	"bake/cmd/terminal"
)

// Mode is a kind of progress output.
type Mode string

// Modes are the values of --progress.
var Modes = []string{"auto", "none", "plain", "quiet", "rawjson", "tty"}

// ModeOf is the kind of progress output to use. BUILDKIT_PROGRESS counts
// when the flag leaves the choice to bake.
func ModeOf(flag string, env bake.Env) (Mode, error) {
	mode, from := flag, "--progress"
	if v := env["BUILDKIT_PROGRESS"]; v != "" && (mode == "" || mode == "auto") {
		mode, from = v, "BUILDKIT_PROGRESS"
	}
	if mode == "" {
		mode = "auto"
	}
	for _, known := range Modes {
		if mode == known {
			return Mode(mode), nil
		}
	}
	return "", exit.Usagef("%s: invalid progress mode %s, want auto, none, plain, quiet, rawjson or tty", from, mode)
}

// Talkative says whether the mode leaves room for words beside the progress:
// not when nothing was wanted, nor among lines that a program reads.
func (m Mode) Talkative() bool {
	return m != "quiet" && m != "none" && m != "rawjson"
}

// ui is the mode as BuildKit's display knows it.
func (m Mode) ui() progressui.DisplayMode {
	if m == "none" {
		return progressui.QuietMode
	}
	return progressui.DisplayMode(m)
}

// shower turns updates into something to look at, until there are no more.
type shower interface {
	UpdateFrom(context.Context, chan *client.SolveStatus) ([]client.VertexWarning, error)
}

// Display shows the progress of a build on standard error.
type Display struct {
	mode   Mode
	drawn  bool // on a terminal, line over line
	Follow *progress.Follow
	logs   terminal.LogTails
	terse  *terse // what is left out, nil for nothing

	mu      sync.Mutex // guards closed and sending
	closed  bool
	updates chan *client.SolveStatus
	done    chan struct{}
	restore func()
}

// New starts showing progress. Its first line says which builder is
// used and why.
func New(a *app.App, mode Mode, chosen *builders.Selection) (*Display, error) {
	var ui shower
	var follow *progress.Follow
	if (mode == "auto" || mode == "plain") && a.GitHub != nil && !a.Terminal {
		g := github.NewGroups(a.Err, a.GitHub, chosen.Text())
		ui, follow = g, &progress.Follow{Shown: g.Show, Phase: g.Phase}
	} else {
		drawn, err := progressui.NewDisplay(a.Err, mode.ui(), progressui.WithDesc(chosen.Text(), chosen.Short(a.Columns())))
		if err != nil {
			return nil, exit.Usagef("--progress %s: %w", mode, err).
				WithHint("Standard error is not a terminal. Use --progress plain.")
		}
		ui = drawn
	}
	d := &Display{
		Follow:  follow,
		mode:    mode,
		drawn:   mode == "tty" || mode == "auto" && a.Terminal,
		updates: make(chan *client.SolveStatus),
		done:    make(chan struct{}),
		restore: holdLogs(a.Err),
	}
	chosen.Say = d.say
	go func() {
		defer close(d.done)
		// Not the context of the build: a display that stops reading at an
		// interruption would block whoever reports the end of the build.
		_, _ = ui.UpdateFrom(context.Background(), d.updates)
	}()
	return d, nil
}

// Expect tells how many targets will be shown.
func (d *Display) Expect(targets int, terminal bool) {
	log := d.mode == "plain" || d.mode == "auto" && !terminal
	if log && d.Follow == nil && targets > manyTargets {
		d.terse = newTerse()
	}
}

// Update shows a change. After close it does nothing.
func (d *Display) Update(s *client.SolveStatus) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	d.logs.Add(s)
	if d.terse != nil {
		d.terse.filter(s)
	}
	d.updates <- s
}

// say shows a fact as a step that is done.
func (d *Display) say(text string) {
	now := time.Now()
	d.Update(&client.SolveStatus{Vertexes: []*client.Vertex{{
		Digest:    digest.FromString(text),
		Name:      "[internal] " + text,
		Started:   &now,
		Completed: &now,
	}}})
}

// Began shows what was read of the definition before there was a display, once.
func (d *Display) Began(with *files.Reading) {
	if s := with.Status(); s != nil {
		d.Update(s)
		with.Files = nil
	}
}

// Close ends the display when all that was reported has been shown.
func (d *Display) Close() {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return
	}
	d.closed = true
	close(d.updates)
	d.mu.Unlock()
	<-d.done
	d.restore()
}

// Explain adds to an error the end of the log of the step that failed, and
// whether the display showed it anyway: not folded away.
func (d *Display) Explain(err error) error {
	var known *terminal.LoggedError
	if err == nil || errors.As(err, &known) {
		return err
	}
	name, lines := d.logs.Of(err)
	if len(lines) == 0 {
		name, lines = d.logs.Failed()
	}
	return d.withLog(err, name, lines)
}

// ExplainAll does the same for each target that failed.
func (d *Display) ExplainAll(outcome *report.Report) {
	if outcome == nil {
		return
	}
	for i := range outcome.Targets {
		if t := &outcome.Targets[i]; t.Result == report.Failed && t.Err != nil {
			name, lines := d.logs.Of(t.Err)
			t.Err = d.withLog(t.Err, name, lines)
		}
	}
}

func (d *Display) withLog(err error, name string, lines []string) error {
	if len(lines) == 0 {
		return err
	}
	shown := d.Follow == nil && d.mode.Talkative() || d.mode == "rawjson"
	return &terminal.LoggedError{Err: err, Step: name, Log: lines, Shown: shown}
}

// SetLogLevel says how much libraries may log: what goes wrong without --debug,
// all of it with. Their warnings are about themselves; what users have to know
// comes with the report.
func SetLogLevel(debug bool) {
	if debug {
		logrus.SetLevel(logrus.DebugLevel)
		return
	}
	logrus.SetLevel(logrus.ErrorLevel)
	log.SetOutput(io.Discard) // HTTP/2 tells it how connections end
}

// holdLogs keeps the log messages of libraries from breaking the display; they
// follow after it.
func holdLogs(w io.Writer) (restore func()) {
	logger := logrus.StandardLogger()
	out := logger.Out
	var held syncBuffer
	logger.SetOutput(&held)
	return func() {
		logger.SetOutput(out)
		_, _ = w.Write(held.take())
	}
}

// syncBuffer is a buffer that several goroutines may write to.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write appends.
func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) take() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.buf.Bytes())
}
