package submit

import (
	"context"
	"slices"
	"sync"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
)

// retainer keeps in the engine what targets have made whose jobs end before all
// others are evaluated. BuildKit forgets a vertex with the last job that has it.
// What links to the target would find its steps in the cache then, but not those
// that ran without the cache, and a source could be another by that time: the
// image that was pushed and the one that others build on would differ.
type retainer struct {
	mu   sync.Mutex
	jobs map[jobKey]*lastingJob
}

// of is the job that keeps what q has made.
func (t *retainer) of(r *run, q *request) *lastingJob {
	k := q.jobKey()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.jobs == nil {
		t.jobs = map[jobKey]*lastingJob{}
	}
	if t.jobs[k] == nil {
		t.jobs[k] = r.startLasting([]*request{q}, nil)
	}
	return t.jobs[k]
}

// retain returns when the job of q, which is evaluated, may go on to its outputs
// and end. Where the engine cannot be made to keep what others still need of it,
// that is when these are evaluated; q takes no place while it waits for them.
func (r *run) retain(ctx context.Context, q *request, result *gateway.Result) error {
	if !q.linked && !q.rerun() || q.importer != nil {
		return nil // nobody needs it, or the job that imports caches has it all
	}
	users := r.gate.users(q, r.requests)
	if len(users) == 0 {
		return nil
	}
	able := !q.policies.Any() && r.sessions.lasting(q) != nil
	if able && r.retained.of(r, q).evaluate(ctx, result) == nil {
		return nil
	}
	r.gate.yield(q)
	for _, user := range users {
		if err := await(ctx, user.settled); err != nil {
			return err
		}
	}
	return nil
}

// rerun reports whether q has steps that do not come from the cache. They are to run
// once, and another target may have them, too.
func (q *request) rerun() bool { return q.renewed.Load() || len(q.target.NoCacheFilter) > 0 }

// linksTo reports whether q links to producer.
func (q *request) linksTo(producer *request) bool {
	return slices.ContainsFunc(q.links, func(l link) bool { return l.producer == producer })
}
