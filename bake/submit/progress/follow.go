package progress

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
	target string
	ended  bool
}

// Phase tells that one of the parts of a target is evaluated or has ended, if it
// is the last of them to be so.
func (p *Tracker) Phase(target string, parts int, ended bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.follow == nil || p.follow.Phase == nil {
		return
	}
	m := milestone{target, ended}
	if p.reached[m]++; p.reached[m] == parts {
		p.follow.Phase(target, ended)
	}
}
