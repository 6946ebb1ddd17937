package cmd

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
)

// displayMode is a kind of progress output.
type displayMode string

// displayModes are the values of --progress.
var displayModes = []string{"auto", "none", "plain", "quiet", "rawjson", "tty"}

// progressMode is the kind of progress output to use. BUILDKIT_PROGRESS counts
// when the flag leaves the choice to bake.
func progressMode(flag string, env bake.Env) (displayMode, error) {
	mode, from := flag, "--progress"
	if v := env["BUILDKIT_PROGRESS"]; v != "" && (mode == "" || mode == "auto") {
		mode, from = v, "BUILDKIT_PROGRESS"
	}
	if mode == "" {
		mode = "auto"
	}
	for _, known := range displayModes {
		if mode == known {
			return displayMode(mode), nil
		}
	}
	return "", usageErrorf("%s: invalid progress mode %s, want auto, none, plain, quiet, rawjson or tty", from, mode)
}

// talkative says whether the mode leaves room for words beside the progress:
// not when nothing was wanted, nor among lines that a program reads.
func (m displayMode) talkative() bool {
	return m != "quiet" && m != "none" && m != "rawjson"
}

// ui is the mode as BuildKit's display knows it.
func (m displayMode) ui() progressui.DisplayMode {
	if m == "none" {
		return progressui.QuietMode
	}
	return progressui.DisplayMode(m)
}

// shower turns updates into something to look at, until there are no more.
type shower interface {
	UpdateFrom(context.Context, chan *client.SolveStatus) ([]client.VertexWarning, error)
}

// display shows the progress of a build on standard error.
type display struct {
	mode   displayMode
	drawn  bool // on a terminal, line over line
	follow *progress.Follow
	logs   logTails
	terse  *terse // what is left out, nil for nothing

	mu      sync.Mutex // guards closed and sending
	closed  bool
	updates chan *client.SolveStatus
	done    chan struct{}
	restore func()
}

// newDisplay starts showing progress. Its first line says which builder is
// used and why.
func (a *app) newDisplay(mode displayMode, chosen *selection) (*display, error) {
	var ui shower
	var follow *progress.Follow
	if (mode == "auto" || mode == "plain") && a.github != nil && !a.terminal {
		g := newGroups(a.err, a.github, chosen.text())
		ui, follow = g, &progress.Follow{Shown: g.show, Phase: g.phase}
	} else {
		drawn, err := progressui.NewDisplay(a.err, mode.ui(), progressui.WithDesc(chosen.text(), chosen.short(a.columns())))
		if err != nil {
			return nil, usageErrorf("--progress %s: %w", mode, err).
				withHint("Standard error is not a terminal. Use --progress plain.")
		}
		ui = drawn
	}
	d := &display{
		follow:  follow,
		mode:    mode,
		drawn:   mode == "tty" || mode == "auto" && a.terminal,
		updates: make(chan *client.SolveStatus),
		done:    make(chan struct{}),
		restore: holdLogs(a.err),
	}
	chosen.say = d.say
	go func() {
		defer close(d.done)
		// Not the context of the build: a display that stops reading at an
		// interruption would block whoever reports the end of the build.
		_, _ = ui.UpdateFrom(context.Background(), d.updates)
	}()
	return d, nil
}

// expect tells how many targets will be shown.
func (d *display) expect(targets int, terminal bool) {
	log := d.mode == "plain" || d.mode == "auto" && !terminal
	if log && d.follow == nil && targets > manyTargets {
		d.terse = newTerse()
	}
}

// update shows a change. After close it does nothing.
func (d *display) update(s *client.SolveStatus) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	d.logs.add(s)
	if d.terse != nil {
		d.terse.filter(s)
	}
	d.updates <- s
}

// say shows a fact as a step that is done.
func (d *display) say(text string) {
	now := time.Now()
	d.update(&client.SolveStatus{Vertexes: []*client.Vertex{{
		Digest:    digest.FromString(text),
		Name:      "[internal] " + text,
		Started:   &now,
		Completed: &now,
	}}})
}

// began shows what was read of the definition before there was a display, once.
func (d *display) began(with *reading) {
	if s := with.status(); s != nil {
		d.update(s)
		with.files = nil
	}
}

// close ends the display when all that was reported has been shown.
func (d *display) close() {
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

// explain adds to an error the end of the log of the step that failed, and
// whether the display showed it anyway: not folded away.
func (d *display) explain(err error) error {
	var known *loggedError
	if err == nil || errors.As(err, &known) {
		return err
	}
	name, lines := d.logs.of(err)
	if len(lines) == 0 {
		name, lines = d.logs.failed()
	}
	return d.withLog(err, name, lines)
}

// explainAll does the same for each target that failed.
func (d *display) explainAll(outcome *report.Report) {
	if outcome == nil {
		return
	}
	for i := range outcome.Targets {
		if t := &outcome.Targets[i]; t.Result == report.Failed && t.Err != nil {
			name, lines := d.logs.of(t.Err)
			t.Err = d.withLog(t.Err, name, lines)
		}
	}
}

func (d *display) withLog(err error, name string, lines []string) error {
	if len(lines) == 0 {
		return err
	}
	shown := d.follow == nil && d.mode.talkative() || d.mode == "rawjson"
	return &loggedError{err: err, step: name, log: lines, shown: shown}
}

// setLogLevel says how much libraries may log: what goes wrong without --debug,
// all of it with. Their warnings are about themselves; what users have to know
// comes with the report.
func setLogLevel(debug bool) {
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
