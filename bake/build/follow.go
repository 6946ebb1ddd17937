package build

import "github.com/opencontainers/go-digest"

// Follow says which target the progress is about. Its functions and that of the
// progress are called one at a time. Either may be nil.
type Follow struct {
	// Shown tells which target a vertex belongs to, before each of its statuses.
	// What belongs to no target in particular is not told.
	Shown func(vertex digest.Digest, target string)

	// Phase tells that a target passed from its steps to its outputs, for which
	// it waits for others, or that it ended, in whatever way. Vertices of the
	// phase before may still be told to be complete.
	Phase func(target string, ended bool)
}

func (f *Follow) shown(vertex digest.Digest, target string) {
	if f != nil && f.Shown != nil {
		f.Shown(vertex, target)
	}
}

// milestone is that the parts of a target are evaluated, or have ended.
type milestone struct {
	of    *assembly
	ended bool
}

// phase tells that q is evaluated or ended, if it is the last part of its
// target to be so.
func (p *progress) phase(q *request, ended bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.follow == nil || p.follow.Phase == nil {
		return
	}
	m := milestone{q.of, ended}
	if p.reached[m]++; p.reached[m] == len(q.of.parts) {
		p.follow.Phase(q.target.Name, ended)
	}
}
