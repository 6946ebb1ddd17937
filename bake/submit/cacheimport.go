package submit

import (
	"context"
	"maps"
	"slices"
	"sync"

	"bake/bake/submit/failure"
	"bake/bake/submit/node"

	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/opencontainers/go-digest"
)

// importer evaluates targets that may share steps, each before its own job
// does, in one job that imports the caches of them all. A step that is being
// evaluated ignores the caches of a target that comes later (moby/buildkit#4674),
// which leaves that target without what its cache knows to follow. It would also
// do that all jobs import all caches, but each job reads anew what it imports:
// the registry would be asked as often as the square of the number of targets.
type importer struct {
	run     *run
	members []*request
	imports []client.CacheOptionsEntry
	mu      sync.Mutex
	current *lastingJob // nil if there is none
}

// pools reports whether the caches of targets on a node differ, so that they
// have to be imported for all.
func pools(requests []*request, n *node.Node) bool {
	var first *request
	for _, q := range requests {
		switch {
		case q.node != n || !q.pooled():
		case first == nil:
			first = q
		case !sameImports(first.cacheFrom, q.cacheFrom):
			return true
		}
	}
	return false
}

// pooled reports whether q can be evaluated in a job that is not its own. Only
// the embedded engine keeps what several caches know of one step apart; others
// would find less in many caches than in one.
func (q *request) pooled() bool {
	return q.node.Embedded && q.call == "" && !q.foreign() && !q.policies.Any()
}

func sameImports(a, b []client.CacheOptionsEntry) bool {
	return slices.EqualFunc(a, b, sameImport)
}

func sameImport(a, b client.CacheOptionsEntry) bool {
	return a.Type == b.Type && maps.Equal(a.Attrs, b.Attrs)
}

// pool decides on which nodes caches are imported for all targets. It is called
// when all requests are prepared.
func (r *run) pool() {
	pooling := map[*node.Node]bool{}
	for _, q := range r.requests {
		if _, known := pooling[q.node]; !known {
			pooling[q.node] = pools(r.requests, q.node)
		}
		q.pooling = pooling[q.node] && q.pooled()
	}
}

// ownImports are the caches that the job of q imports itself.
func (q *request) ownImports() []client.CacheOptionsEntry {
	if q.pooling {
		return nil
	}
	return q.cacheFrom
}

// connect makes the importers, when all requests are loaded: one for those that
// share a step, directly or by way of others, and what their Dockerfiles may use.
func (r *run) connect() {
	groups := connected(r.requests)
	for _, group := range groups {
		var imports []client.CacheOptionsEntry
		for _, q := range group {
			for _, c := range q.cacheFrom {
				if !slices.ContainsFunc(imports, func(known client.CacheOptionsEntry) bool { return sameImport(known, c) }) {
					imports = append(imports, c)
				}
			}
		}
		if len(imports) == 0 {
			continue
		}
		byKey := map[jobKey]*importer{}
		for _, q := range group {
			k := q.jobKey()
			if byKey[k] == nil {
				byKey[k] = &importer{run: r, imports: imports}
			}
			byKey[k].members = append(byKey[k].members, q)
			q.importer = byKey[k]
		}
	}
}

// connected groups the pooling requests by the steps that they may share.
func connected(requests []*request) [][]*request {
	type place struct {
		node *node.Node
		step digest.Digest
	}
	groups := map[*request]*[]*request{}
	users := map[place]*request{}
	var order []*[]*request
	for _, q := range requests {
		if !q.pooling {
			continue
		}
		own := &[]*request{q}
		groups[q] = own
		order = append(order, own)
		for _, s := range q.canonical {
			at := place{q.node, s}
			first := users[at]
			if first == nil {
				users[at] = q
				continue
			}
			if from, to := groups[q], groups[first]; from != to {
				for _, moved := range *from {
					groups[moved] = to
				}
				*to = append(*to, *from...)
				*from = nil
			}
		}
	}
	var out [][]*request
	for _, g := range order {
		if len(*g) > 0 {
			out = append(out, *g)
		}
	}
	return out
}

// evaluate evaluates q with the caches of all members.
func (m *importer) evaluate(ctx context.Context, q *request, result *gateway.Result) error {
	return m.run.again.Do(ctx, q.target.Name, phaseBuild, func(ctx context.Context) error {
		for {
			s := m.submit()
			err := s.evaluate(ctx, result)
			switch {
			case err == nil || ctx.Err() != nil:
				return err
			case s.ctx.Err() != nil: // another member's failure ended it
				m.replace(s)
				continue
			case failure.Transient(q.node.Recognise(err)):
				m.replace(s)
			}
			return err
		}
	})
}

// submit returns the current submission, a new one if there is none.
func (m *importer) submit() *lastingJob {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.current != nil {
		return m.current
	}
	m.current = m.run.startLasting(m.members, m.imports)
	return m.current
}

// replace gives up a submission and waits until it has ended, as BuildKit
// forgets the failure of a step only with the last job that needs it.
func (m *importer) replace(s *lastingJob) {
	s.giveUp()
	<-s.ended
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.current == s {
		m.current = nil
	}
}
