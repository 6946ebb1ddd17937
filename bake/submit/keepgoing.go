package submit

import "errors"

import (
	"bake/bake/submit/failure"
)

// skipped returns the error of what cannot be built without producer.
func skipped(producer *assembly) error {
	var earlier *failure.SkippedError
	if errors.As(producer.err, &earlier) {
		return earlier
	}
	return &failure.SkippedError{Because: producer.target.Name}
}

// checkLinks returns a *failure.SkippedError if a target that q links to has failed. It
// may be called when these are loaded, and again when they are evaluated.
func (q *request) checkLinks() error {
	for _, l := range q.links {
		if l.producer.of.failed.Load() {
			return skipped(l.producer.of)
		}
	}
	return nil
}

// checkParts returns a *failure.SkippedError if another part of the target has failed.
func (q *request) checkParts() error {
	if q.of.failed.Load() {
		return &failure.SkippedError{Because: q.target.Name}
	}
	return nil
}

// release lets the run go on without q, which failed.
func (r *run) release(q *request) {
	if q.of.err == nil {
		q.of.err = q.outcome.err
	}
	r.gate.abandon(q, r.allLoaded)
	q.arrived.Do(r.allDone.arrive)
}

// unprepared notes a target that was not even made ready, so that the others
// can be built without it.
func (r *run) unprepared(a *assembly, err error) {
	a.err, a.parts = err, nil
	a.failed.Store(true)
	if skip := (*failure.SkippedError)(nil); r.first == nil && !errors.As(err, &skip) {
		r.first = err
	}
}

// heldBack returns a *failure.SkippedError if q has outputs that wait for parts of the
// same target, or for targets, that have failed.
func (r *run) heldBack(q *request) error {
	if err := q.checkParts(); err != nil || r.held == nil || !q.exporting() {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var failed *failure.TargetError
	if errors.As(r.first, &failed) {
		return &failure.SkippedError{Because: failed.Target}
	}
	return nil
}
