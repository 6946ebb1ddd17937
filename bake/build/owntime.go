package build

import (
	"slices"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

// span is a time in which something ran.
type span struct{ start, end time.Time }

// timed notes when a vertex ran. A vertex may run more than once.
func (p *progress) timed(v *client.Vertex) {
	if v.Started == nil || v.Completed == nil {
		return
	}
	list := p.spans[v.Digest]
	s := span{*v.Started, *v.Completed}
	if n := len(list); n > 0 && list[n-1].start.Equal(s.start) {
		list[n-1] = s
		return
	}
	p.spans[v.Digest] = append(list, s)
}

// ownTime is how long the steps took that the parts of a target need: those of
// its own, its context and its outputs, at whichever target's cost they ran, but
// not those of the targets that it links to. Where steps ran at the same time, that time
// counts once; what it waited for its turn or for others does not count.
//
// Only the engine's clock is used, so that another machine's may be wrong.
func (r *run) ownTime(parts ...*request) time.Duration {
	var ran []span
	for _, q := range parts {
		others := q.linkedSteps()
		add := func(d digest.Digest) {
			if !others[d] {
				ran = append(ran, r.progress.spans[d]...)
			}
		}
		for _, s := range q.steps {
			add(s.shown)
		}
		for d := range q.reported {
			add(d)
		}
	}
	return covered(ran)
}

// linkedSteps are the vertices of the targets that q links to.
func (q *request) linkedSteps() map[digest.Digest]bool {
	out := map[digest.Digest]bool{}
	for _, l := range q.links {
		for _, s := range l.producer.steps {
			out[s.shown] = true
		}
	}
	return out
}

// covered is the length of the union of spans.
func covered(spans []span) time.Duration {
	slices.SortFunc(spans, func(a, b span) int { return a.start.Compare(b.start) })
	var sum time.Duration
	var end time.Time
	for _, s := range spans {
		if s.start.Before(end) {
			s.start = end
		}
		if s.end.After(s.start) {
			sum += s.end.Sub(s.start)
			end = s.end
		}
	}
	return sum
}
