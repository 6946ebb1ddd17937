package progress

import (
	"slices"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

// span is a time in which something ran.
type span struct{ start, end time.Time }

// timed notes when a vertex ran. A vertex may run more than once.
func (p *Tracker) timed(v *client.Vertex) {
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

// Took is how long the vertices took together: see covered.
func (p *Tracker) Took(vertices []digest.Digest) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	var ran []span
	for _, d := range vertices {
		ran = append(ran, p.spans[d]...)
	}
	return covered(ran)
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
