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
	if err := r.awaitParts(ctx, q); err != nil {
		return err
	}
	if err := r.retain(ctx, q, result); err != nil {
		return err
	}
	return r.takeExport(ctx, q)
}

// awaitParts waits until the other parts of the target are built. What they make
// together is not begun before all are there.
func (r *run) awaitParts(ctx context.Context, q *request) error {
	for _, other := range q.of.parts {
		if err := await(ctx, other.settled); err != nil {
			return err
		}
	}
	return q.checkParts()
}

// takeExport waits until few enough write their outputs.
func (r *run) takeExport(ctx context.Context, q *request) error {
	select {
	case r.exporting <- struct{}{}:
		q.writing = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leaveExport ends what takeExport began, if it did.
func (r *run) leaveExport(q *request) {
	if q.writing {
		q.writing = false
		<-r.exporting
	}
}
