package github

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/progress/progressui"
	"github.com/opencontainers/go-digest"
)

// groups shows plain progress with the lines of each target together, in groups
// that GitHub Actions folds. One group is open at a time, that of the target
// which began first: its lines are shown as they come. The others wait until it
// is complete.
type groups struct {
	talk     io.Writer // what belongs to no target
	commands io.Writer // workflow commands and the lines in groups, as they are
	desc     string    // the first line

	mu      sync.Mutex
	owner   map[digest.Digest]*logGroup
	current map[string]*logGroup // of each target, the one that new vertices belong to

	// For the goroutine of UpdateFrom alone.
	waiting []*logGroup // those that wait, the oldest first
	open    *logGroup   // the one whose lines are shown as they come
	ending  bool        // nothing follows
	rest    *lines      // of no target
	pause   *pausable   // holds these back while a group is open
}

// logGroup is what is known of one phase of a target.
type logGroup struct {
	title   string
	ended   time.Time              // when its target passed on, zero before; guarded by groups.mu
	running map[digest.Digest]bool // vertices that are not complete
	held    *client.SolveStatus    // what came while it waited
	lines   *lines                 // from when it is opened
	word    string                 // ends the time without commands
	done    bool                   // it was closed
}

// NewGroups shows the log lines of steps target by target, below a line that says
// which builder is used.
func NewGroups(talk io.Writer, step *Workflow, desc string) *groups {
	return &groups{
		talk: talk, commands: step.Commands, desc: desc,
		owner: map[digest.Digest]*logGroup{}, current: map[string]*logGroup{},
	}
}

func newLogGroup(title string) *logGroup {
	return &logGroup{title: title, running: map[digest.Digest]bool{}}
}

// Show tells which target a vertex belongs to.
func (g *groups) Show(vertex digest.Digest, target string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.owner[vertex] != nil {
		return
	}
	if g.current[target] == nil {
		g.current[target] = newLogGroup("target " + target)
	}
	g.owner[vertex] = g.current[target]
}

// Phase tells that a target passed to its outputs or ended.
func (g *groups) Phase(target string, ended bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l := g.current[target]; l != nil {
		l.ended = time.Now()
	}
	delete(g.current, target)
	if !ended {
		g.current[target] = newLogGroup("target " + target + ": outputs")
	}
}

// straggling is how much later than the result the engine may report the steps
// that it took. What comes later still is shown with what belongs to no target.
const straggling = 300 * time.Millisecond

// UpdateFrom shows what comes until ch is closed.
func (g *groups) UpdateFrom(_ context.Context, ch chan *client.SolveStatus) ([]client.VertexWarning, error) {
	if g.desc != "" {
		fmt.Fprintf(g.talk, "%s\n\n", g.desc)
	}
	g.pause = &pausable{w: g.talk}
	g.rest = newLines(g.pause)
	tick := time.NewTicker(straggling / 3)
	defer tick.Stop()
	for {
		select {
		case s, ok := <-ch:
			if !ok {
				g.end()
				return nil, nil
			}
			g.update(s)
		case <-tick.C:
			for g.open != nil && g.complete(g.open) {
				g.next()
			}
		}
	}
}

// end shows all that is left.
func (g *groups) end() {
	for g.ending = true; g.open != nil; {
		g.next()
	}
	g.rest.close()
}

// update hands every part of a status to the group that it belongs to.
func (g *groups) update(s *client.SolveStatus) {
	for l, part := range g.split(s) {
		switch {
		case l == nil || l.done:
			g.rest.update(part)
		case l == g.open:
			l.lines.update(part)
		default:
			if l.held == nil {
				l.held = &client.SolveStatus{}
				g.waiting = append(g.waiting, l)
			}
			l.held.Vertexes = append(l.held.Vertexes, part.Vertexes...)
			l.held.Statuses = append(l.held.Statuses, part.Statuses...)
			l.held.Logs = append(l.held.Logs, part.Logs...)
			l.held.Warnings = append(l.held.Warnings, part.Warnings...)
		}
	}
	if g.open == nil {
		g.next()
	}
}

func (g *groups) split(s *client.SolveStatus) map[*logGroup]*client.SolveStatus {
	g.mu.Lock()
	defer g.mu.Unlock()
	parts := map[*logGroup]*client.SolveStatus{}
	part := func(d digest.Digest) *client.SolveStatus {
		l := g.owner[d]
		if parts[l] == nil {
			parts[l] = &client.SolveStatus{}
		}
		return parts[l]
	}
	for _, v := range s.Vertexes {
		p := part(v.Digest)
		p.Vertexes = append(p.Vertexes, v)
		if l := g.owner[v.Digest]; l != nil {
			l.follow(v)
		}
	}
	for _, v := range s.Statuses {
		p := part(v.Vertex)
		p.Statuses = append(p.Statuses, v)
	}
	for _, v := range s.Logs {
		p := part(v.Vertex)
		p.Logs = append(p.Logs, v)
	}
	for _, v := range s.Warnings {
		p := part(v.Vertex)
		p.Warnings = append(p.Warnings, v)
	}
	return parts
}

func (l *logGroup) follow(v *client.Vertex) {
	switch {
	case v.Completed != nil:
		delete(l.running, v.Digest)
	case v.Started != nil:
		l.running[v.Digest] = true
	}
}

// complete reports whether a group gets no more lines.
func (g *groups) complete(l *logGroup) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !l.ended.IsZero() && time.Since(l.ended) > straggling && len(l.running) == 0
}

// next closes the open group and opens another: one that is complete if there
// is one, so that it waits no longer, else the oldest.
func (g *groups) next() {
	if l := g.open; l != nil {
		l.lines.close()
		fmt.Fprintf(g.commands, "::%s::\n::endgroup::\n", l.word)
		l.done, g.open = true, nil
		g.pause.flush()
	}
	if len(g.waiting) == 0 {
		return
	}
	i := 0
	if !g.ending {
		i = max(0, slices.IndexFunc(g.waiting, g.complete))
	}
	l := g.waiting[i]
	g.waiting = slices.Delete(g.waiting, i, i+1)
	g.reveal(l)
}

// reveal opens a group and shows what it held. What runs in a build has no way
// to know the word that ends the time in which the runner takes nothing for a
// command.
func (g *groups) reveal(l *logGroup) {
	g.pause.hold()
	l.word = rand.Text()
	fmt.Fprintf(g.commands, "::group::%s\n::stop-commands::%s\n", EscapeData(l.title), l.word)
	g.open, l.lines = l, newLines(g.commands)
	l.lines.update(l.held)
	l.held = nil
}

// lines turns updates into lines.
type lines struct {
	updates chan *client.SolveStatus
	shown   chan struct{} // closed when all is written
}

func newLines(w io.Writer) *lines {
	l := &lines{make(chan *client.SolveStatus), make(chan struct{})}
	ended := &endedLine{w: w}
	ui, err := progressui.NewDisplay(ended, progressui.PlainMode)
	go func() {
		defer close(l.shown)
		if err == nil { // plain progress needs nothing that could be missing
			_, err = ui.UpdateFrom(context.Background(), l.updates)
		}
		for err != nil {
			if _, more := <-l.updates; !more {
				return
			}
		}
		ended.end()
	}()
	return l
}

func (l *lines) update(s *client.SolveStatus) { l.updates <- s }

// close returns when all lines are written.
func (l *lines) close() {
	close(l.updates)
	<-l.shown
}

// endedLine knows whether the last line has ended.
type endedLine struct {
	w    io.Writer
	last byte
}

func (e *endedLine) Write(p []byte) (int, error) {
	if len(p) > 0 {
		e.last = p[len(p)-1]
	}
	return e.w.Write(p)
}

func (e *endedLine) end() {
	if e.last != 0 && e.last != '\n' {
		_, _ = io.WriteString(e.w, "\n")
	}
}

// pausable is a writer that can be told to wait.
type pausable struct {
	w io.Writer

	mu      sync.Mutex
	waiting bool
	held    bytes.Buffer
}

func (p *pausable) Write(data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting {
		return p.held.Write(data)
	}
	return p.w.Write(data)
}

func (p *pausable) hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting = true
}

func (p *pausable) flush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = p.w.Write(p.held.Bytes())
	p.held.Reset()
	p.waiting = false
}
