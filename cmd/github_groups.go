package cmd

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
// which began first: its lines are shown as they come. The others wait for
// their turn, or until they are complete.
type groups struct {
	talk     io.Writer // what belongs to no target
	commands io.Writer // workflow commands and the lines in groups, as they are
	desc     string    // the first line

	mu       sync.Mutex
	owner    map[digest.Digest]*logGroup
	current  map[string]*logGroup // of each target, the one that new vertices belong to
	active   []*logGroup          // those with lines that are not complete, the oldest first
	complete []*logGroup          // those that wait for the open one
	open     *logGroup            // the one whose lines are shown as they come
	rest     *logGroup            // lines of no target, which never end
}

// logGroup is the lines of one phase of a target.
type logGroup struct {
	title   string
	ended   time.Time              // when its target passed on, zero before
	running map[digest.Digest]bool // vertices that are not complete
	updates chan *client.SolveStatus
	shown   chan struct{} // closed when all updates are written

	held bytes.Buffer // lines that wait
	live bool         // lines go out at once
	done bool         // no line follows
	word string       // ends the time without commands
	last byte         // that was written
}

func newGroups(talk io.Writer, step *workflow, desc string) *groups {
	return &groups{
		talk: talk, commands: step.commands, desc: desc,
		owner: map[digest.Digest]*logGroup{}, current: map[string]*logGroup{},
		rest: &logGroup{live: true, running: map[digest.Digest]bool{}},
	}
}

// show tells which target a vertex belongs to.
func (g *groups) show(vertex digest.Digest, target string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.owner[vertex] != nil {
		return
	}
	if g.current[target] == nil {
		g.current[target] = &logGroup{title: "target " + target, running: map[digest.Digest]bool{}}
	}
	g.owner[vertex] = g.current[target]
}

// phase tells that a target passed to its outputs or ended.
func (g *groups) phase(target string, ended bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l := g.current[target]; l != nil {
		l.ended = time.Now()
	}
	delete(g.current, target)
	if !ended {
		g.current[target] = &logGroup{title: "target " + target + ": outputs", running: map[digest.Digest]bool{}}
	}
}

// straggling is how much later than the result the engine may report the steps
// that it took. What comes later still is shown with what belongs to no target.
const straggling = 300 * time.Millisecond

// UpdateFrom shows what comes until ch is closed.
func (g *groups) UpdateFrom(_ context.Context, ch chan *client.SolveStatus) ([]client.VertexWarning, error) {
	fmt.Fprintf(g.talk, "%s\n\n", g.desc)
	g.start(g.rest)
	tick := time.NewTicker(straggling / 3)
	defer tick.Stop()
	for {
		select {
		case s, ok := <-ch:
			if !ok {
				for _, l := range slices.Clone(g.active) {
					g.finish(l)
				}
				g.stop(g.rest)
				return nil, nil
			}
			g.update(s)
		case <-tick.C:
			g.finishEnded()
		}
	}
}

// start begins to turn updates of l into lines.
func (g *groups) start(l *logGroup) {
	l.updates, l.shown = make(chan *client.SolveStatus), make(chan struct{})
	ui, err := progressui.NewDisplay(&groupWriter{g, l}, progressui.PlainMode)
	go func() {
		defer close(l.shown)
		if err == nil { // plain progress needs nothing that could be missing
			_, _ = ui.UpdateFrom(context.Background(), l.updates)
		}
	}()
}

// stop waits until all lines of l are written.
func (g *groups) stop(l *logGroup) {
	close(l.updates)
	<-l.shown
}

// update hands every part of a status to the group that it belongs to.
func (g *groups) update(s *client.SolveStatus) {
	for l, part := range g.split(s) {
		if l.updates == nil {
			g.start(l)
			g.begin(l)
		}
		l.updates <- part
	}
}

func (g *groups) split(s *client.SolveStatus) map[*logGroup]*client.SolveStatus {
	g.mu.Lock()
	defer g.mu.Unlock()
	parts := map[*logGroup]*client.SolveStatus{}
	part := func(d digest.Digest) *client.SolveStatus {
		l := g.owner[d]
		if l == nil || l.done {
			l = g.rest
		}
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

// begin makes l one of the active groups, and opens it if none is.
func (g *groups) begin(l *logGroup) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.active = append(g.active, l)
	if g.open == nil {
		g.reveal(l)
	}
}

// finishEnded finishes the groups that get no more lines.
func (g *groups) finishEnded() {
	g.mu.Lock()
	var ended []*logGroup
	for _, l := range g.active {
		if !l.ended.IsZero() && time.Since(l.ended) > straggling && len(l.running) == 0 {
			ended = append(ended, l)
		}
	}
	g.mu.Unlock()
	for _, l := range ended {
		g.finish(l)
	}
}

// finish completes a group. If it was the open one, those that waited for it
// follow, and the oldest of the active ones is opened.
func (g *groups) finish(l *logGroup) {
	g.stop(l)
	g.mu.Lock()
	defer g.mu.Unlock()
	l.done = true
	g.active = slices.DeleteFunc(g.active, func(a *logGroup) bool { return a == l })
	if l != g.open {
		g.complete = append(g.complete, l)
		return
	}
	g.fold(l)
	for _, l := range g.complete {
		g.reveal(l)
		g.fold(l)
	}
	g.complete = nil
	g.rest.live = true
	g.flush(g.rest)
	if g.open = nil; len(g.active) > 0 {
		g.reveal(g.active[0])
	}
}

// reveal opens a group. What runs in a build has no way to know the word that
// ends the time in which the runner takes nothing for a command.
func (g *groups) reveal(l *logGroup) {
	g.open, g.rest.live, l.live = l, false, true
	l.word = rand.Text()
	fmt.Fprintf(g.commands, "::group::%s\n::stop-commands::%s\n", escapeData(l.title), l.word)
	g.flush(l)
}

// fold closes a group.
func (g *groups) fold(l *logGroup) {
	if l.last != '\n' && l.last != 0 {
		fmt.Fprintln(g.commands)
	}
	fmt.Fprintf(g.commands, "::%s::\n::endgroup::\n", l.word)
	l.live = false
}

// flush writes the lines of a group that waited.
func (g *groups) flush(l *logGroup) {
	_, _ = g.out(l).Write(l.held.Bytes())
	l.held = bytes.Buffer{}
}

func (g *groups) out(l *logGroup) io.Writer {
	if l == g.rest {
		return g.talk
	}
	return g.commands
}

// groupWriter takes the lines of a group.
type groupWriter struct {
	*groups
	l *logGroup
}

func (w *groupWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(p) > 0 {
		w.l.last = p[len(p)-1]
	}
	if !w.l.live {
		return w.l.held.Write(p)
	}
	return w.out(w.l).Write(p)
}
