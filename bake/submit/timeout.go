package submit

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// timeoutError says that a target took longer than it may.
type timeoutError struct {
	limit time.Duration
	where string
}

func (e *timeoutError) Error() string {
	return fmt.Sprintf("timed out after %s %s", e.limit, e.where)
}

// stopwatch measures the time that a request takes for itself, in all its
// attempts: not what it waits for its turn, for what it links to or for all
// others to be evaluated. The zero value never ends.
type stopwatch struct {
	mu      sync.Mutex
	left    time.Duration
	started time.Time
	timer   *time.Timer // nil while it stands
	expire  func()
}

// set makes the stopwatch call expire when so much time was used.
func (w *stopwatch) set(limit time.Duration, expire func()) { w.left, w.expire = limit, expire }

// start lets it run, if it does not.
func (w *stopwatch) start() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.expire != nil && w.timer == nil {
		w.started, w.timer = time.Now(), time.AfterFunc(max(w.left, 0), w.expire)
	}
}

// stop lets it stand, if it runs.
func (w *stopwatch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
		w.left -= time.Since(w.started)
		w.timer = nil
	}
}

// bound lets the job end when one of its requests has used up its time. The
// request fails before the job knows, so that it is the one to blame.
func (r *run) bound(ctx context.Context, j *job) (context.Context, func()) {
	if r.opt.Timeout <= 0 {
		return ctx, func() {}
	}
	ctx, end := context.WithCancel(ctx)
	j.end.Store(&end)
	for _, q := range j.requests {
		q.watch.mu.Lock()
		if q.watch.expire == nil {
			q.watch.set(r.opt.Timeout, func() {
				r.fail(q, &timeoutError{r.opt.Timeout, r.doing(q)})
				(*j.end.Load())()
			})
		}
		q.watch.mu.Unlock()
	}
	return ctx, func() {
		for _, q := range j.requests {
			q.watch.stop()
		}
		end()
	}
}

// doing says what a request is at: the step that runs, else what its job does.
func (r *run) doing(q *request) string {
	r.gate.mu.Lock()
	steps, others := q.steps, q.linkedSteps()
	r.gate.mu.Unlock()
	for _, s := range steps {
		v, seen := r.progress.State(s.Shown)
		if seen && !others[s.Shown] && v.Started != nil && v.Completed == nil {
			return "in step " + v.Name
		}
	}
	switch q.phase.Load() {
	case phasePolicy:
		return "while its policies were evaluated"
	case phaseLoad:
		return "while it was loaded"
	case phaseExport:
		return "while it was exported"
	}
	return "while it was built"
}
