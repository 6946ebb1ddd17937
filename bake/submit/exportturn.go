package submit

import (
	"context"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
)

// enterExport returns when the outputs of q, which is evaluated as result, can be
// written, and its job can end: as soon as its target is built, unless outputs are
// held back. A job without outputs stays, as others may need its result.
func (r *run) enterExport(ctx context.Context, q *request, result *gateway.Result) error {
	if r.held != nil || !q.exporting() {
		r.gate.yield(q)
		if err := r.awaitRelease(ctx, q); err != nil || !q.exporting() {
			return err
		}
		return r.takeExport(ctx, q)
	}
	if err := q.of.awaitParts(ctx, map[*assembly]bool{}); err != nil {
		return err
	}
	if err := r.retain(ctx, q, result); err != nil {
		return err
	}
	return r.takeExport(ctx, q)
}

// awaitParts waits until all parts of a target are built, and all of those that it
// links to, however far: a target of which a node could not build its part is not
// built, nor is what links to it. What was seen is not waited for again.
func (a *assembly) awaitParts(ctx context.Context, seen map[*assembly]bool) error {
	if seen[a] {
		return nil
	}
	seen[a] = true
	for _, part := range a.parts {
		if err := await(ctx, part.settled); err != nil {
			return err
		}
		if a.failed.Load() {
			return skipped(a)
		}
		for _, l := range part.links {
			if err := l.producer.of.awaitParts(ctx, seen); err != nil {
				return err
			}
		}
	}
	return nil
}

// takeExport waits until few enough write their outputs.
func (r *run) takeExport(ctx context.Context, q *request) error {
	err := r.exporting.Acquire(ctx, 1)
	q.writing = err == nil
	return err
}

// leaveExport ends what takeExport began, if it did.
func (r *run) leaveExport(q *request) {
	if q.writing {
		q.writing = false
		r.exporting.Release(1)
	}
}
