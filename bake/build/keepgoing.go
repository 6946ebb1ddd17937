package build

import (
	"errors"
	"time"

	"bake/bake"
)

// skippedError says that a target was not built because another one failed.
type skippedError struct{ because string }

func (e *skippedError) Error() string { return "skipped because " + e.because + " failed" }

// skipped returns the error of what cannot be built without producer.
func skipped(producer *request) error {
	var earlier *skippedError
	if errors.As(producer.outcome.err, &earlier) {
		return earlier
	}
	return &skippedError{producer.target.Name}
}

// checkLinks returns a *skippedError if a target that q links to has failed. It
// may be called when these are loaded, and again when they are evaluated.
func (q *request) checkLinks() error {
	for _, l := range q.links {
		if l.producer.failed.Load() {
			return skipped(l.producer)
		}
	}
	return nil
}

// release lets the run go on without q, which failed.
func (r *run) release(q *request) {
	r.gate.abandon(q, func() { r.progress.assign(r.requests) })
	q.arrived.Do(r.allDone.arrive)
}

// unprepared notes a target that was not even made ready, so that the others
// can be built without it. The request stands for it in links.
func (r *run) unprepared(t *bake.Target, index int, err error) *request {
	q := &request{target: t, index: index}
	q.failed.Store(true)
	now := time.Now()
	q.outcome = outcome{started: now, finished: now, err: err}
	r.unbuilt = append(r.unbuilt, q)
	if skip := (*skippedError)(nil); r.first == nil && !errors.As(err, &skip) {
		r.first = err
	}
	return q
}

// heldBack returns a *skippedError if q has outputs that wait for targets that
// have failed.
func (r *run) heldBack(q *request) error {
	if !r.opt.HoldOutput || !q.exporting() {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var failure *TargetError
	if errors.As(r.first, &failure) {
		return &skippedError{failure.Target}
	}
	return nil
}
