package submit

import (
	"context"
	"slices"
	"sync"

	"bake/bake/submit/vertex"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
)

// barrier lets all pass when n have arrived.
type barrier struct {
	mu   sync.Mutex
	n    int
	open chan struct{}
}

func newBarrier(n int) *barrier {
	b := &barrier{n: n, open: make(chan struct{})}
	if n == 0 {
		close(b.open)
	}
	return b
}

// arrive counts one in.
func (b *barrier) arrive() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.n--; b.n == 0 {
		close(b.open)
	}
}

// wait blocks until the barrier is open or ctx ends.
func (b *barrier) wait(ctx context.Context) error { return await(ctx, b.open) }

func await(ctx context.Context, ch <-chan struct{}) error {
	select {
	case <-ch:
		return nil
	case <-ctx.Done():
		return ctx.Err() // not its cause, which is the failure of another request
	}
}

// gate admits requests to evaluation: none before all are loaded, unless it is
// open from the start, then in the order of the plan those whose links are
// evaluated, those of at most limit targets at once. A target keeps its place
// while its outputs are written, and has none before all parts of it are submitted.
type gate struct {
	mu      sync.Mutex
	loading int
	open    bool
	free    int // -1 is no limit
	waiting []*request
}

func newGate(requests []*request, limit int) *gate {
	if limit <= 0 {
		limit = -1
	}
	return &gate{loading: len(requests), free: limit, waiting: append([]*request(nil), requests...)}
}

// load tells that a request is loaded, as result. last is called before the
// gate opens. A request that is loaded again gives what links to it nothing new.
func (g *gate) load(q *request, result *gateway.Result, last func()) {
	steps := q.node.Steps(result)
	for _, l := range q.links {
		steps = vertex.Shared(steps, l.producer.steps)
	}
	if q.pooling {
		q.canonical = vertex.Canonical(result)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if q.passed {
		return
	}
	q.result, q.steps = result, steps
	g.pass(q, last)
}

func (g *gate) pass(q *request, last func()) {
	q.passed = true
	close(q.loaded)
	if g.loading--; g.loading == 0 {
		last()
		g.open = true
	}
	g.admit()
}

// abandon lets those who wait for q go on without it: it has failed.
func (g *gate) abandon(q *request, last func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if q.evaluated {
		return // it failed later, at its outputs
	}
	g.settle(q)
	q.of.failed.Store(true)
	q.placeless = true
	g.vacate(q.of)
	g.waiting = slices.DeleteFunc(g.waiting, func(w *request) bool { return w == q })
	if q.passed {
		g.admit()
	} else {
		g.pass(q, last)
	}
}

// enter waits for the turn of q.
func (g *gate) enter(ctx context.Context, q *request) error { return await(ctx, q.turn) }

// submit tells that all parts of a target are submitted, or will be at once.
func (g *gate) submit(a *assembly) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a.outside = false
	g.admit()
}

// leave tells that q is evaluated: what links to it may begin.
func (g *gate) leave(q *request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if q.evaluated {
		return // before it was submitted again
	}
	g.settle(q)
	g.admit()
}

// settle marks q as evaluated, or as never to be.
func (g *gate) settle(q *request) {
	q.evaluated = true
	close(q.settled)
}

// yield tells that q takes no place any more: its outputs are written, or wait
// for other targets.
func (g *gate) yield(q *request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if q.placeless {
		return
	}
	q.placeless = true
	g.vacate(q.of)
	g.admit()
}

// vacate frees the place of a target when no part needs it. Parts on
// several nodes share one place, which a part keeps while the others wait for
// their links: these are targets whose parts have a place already, or need none
// any more, as they link to the same ones.
func (g *gate) vacate(a *assembly) {
	for _, q := range a.parts {
		if !q.placeless {
			return
		}
	}
	if a.holding && g.free >= 0 {
		g.free++
	}
	a.holding = false
}

func (g *gate) admit() {
	if !g.open {
		return
	}
	rest := g.waiting[:0]
	for _, q := range g.waiting {
		if !q.passed || q.of.outside || g.free == 0 && !q.of.holding || !q.ready() {
			rest = append(rest, q)
			continue
		}
		if g.free > 0 && !q.of.holding {
			g.free--
		}
		q.of.holding = true
		close(q.turn)
	}
	g.waiting = rest
}

// users are the requests that link to q, or may have a step that q ran without the
// cache, and are not evaluated yet.
func (g *gate) users(q *request, all []*request) []*request {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []*request
	for _, other := range all {
		if !other.evaluated && other.node == q.node && (q.rerun() || other.linksTo(q)) {
			out = append(out, other)
		}
	}
	return out
}

// ready reports whether every request that q links to is evaluated.
func (q *request) ready() bool {
	for _, l := range q.links {
		if !l.producer.evaluated {
			return false
		}
	}
	return true
}
