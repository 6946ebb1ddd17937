package submit

import (
	"cmp"
	"context"

	"golang.org/x/sync/semaphore"
)

// maxInFlight is how many targets with outputs are submitted at once where any
// number may be built, and fewestInFlight where a limit is lower. The engine and
// the client keep a session, streams and definitions for each.
const (
	maxInFlight    = 128
	fewestInFlight = 64
)

// window bounds how many jobs with outputs are submitted at once. The parts of a
// target enter it together: if one waited outside while another holds a place at
// the gate, those inside that wait for this place would never leave.
type window struct {
	gate   *gate
	places *semaphore.Weighted // nil where all may be submitted
	parts  map[*assembly]int64 // those with outputs, of a target that is outside
}

// newWindow makes the window of a run. All targets with outputs are outside.
func (r *run) newWindow(jobs []*job) *window {
	w := &window{gate: r.gate}
	if !r.staggered {
		return w
	}
	w.places, w.parts = semaphore.NewWeighted(int64(r.inFlight())), map[*assembly]int64{}
	for _, j := range jobs {
		if q := j.requests[0]; q.exporting() {
			w.parts[q.of]++
			q.of.outside = true
		}
	}
	return w
}

// bounds reports whether a job has to wait for a place. One without outputs does
// not: it may be shared by targets of which others wait.
func (w *window) bounds(j *job) bool { return w.places != nil && j.requests[0].exporting() }

// order is that in which jobs are submitted: first those that need not wait.
func (w *window) order(jobs []*job) []*job {
	var inside, outside []*job
	for _, j := range jobs {
		if w.bounds(j) {
			outside = append(outside, j)
		} else {
			inside = append(inside, j)
		}
	}
	return append(inside, outside...)
}

// enter returns when j may be submitted, or ctx has ended: then the job ends as it
// begins. The returned function tells that the job has ended.
func (w *window) enter(ctx context.Context, j *job) (left func()) {
	if !w.bounds(j) {
		return func() {}
	}
	q := j.requests[0]
	if n := w.parts[q.of]; n > 0 {
		if w.places.Acquire(ctx, n) != nil {
			w.places = nil
			return func() {}
		}
		delete(w.parts, q.of)
		w.gate.submit(q.of)
	}
	places := w.places
	return func() { places.Release(1) }
}

// inFlight is how many requests with outputs are submitted at once: all parts of
// a target have to fit, as they wait for each other.
func (r *run) inFlight() int {
	most := maxInFlight
	if r.opt.Jobs > 0 {
		most = max(fewestInFlight, 2*r.opt.Jobs) // some load while others build
	}
	most = cmp.Or(r.opt.InFlight, most)
	for _, a := range r.assemblies {
		most = max(most, len(a.parts))
	}
	return most
}

// canStagger reports whether targets are submitted when earlier ones have ended, as
// there are very many with outputs. It cannot be where all have to be loaded before
// any is evaluated, for their caches, or evaluated before any ends.
func (r *run) canStagger(jobs []*job) bool {
	exporting := 0
	for _, j := range jobs {
		if len(j.requests[0].cacheFrom) > 0 {
			return false
		}
		if j.requests[0].exporting() {
			exporting++
		}
	}
	return r.held == nil && exporting > r.inFlight()
}
