package submit

import (
	"context"
	"errors"
	"strings"

	"bake/bake/submit/failure"
	"bake/bake/submit/retry"
)

// attempts is what a job knows of its tries. BuildKit keeps the error of a
// vertex as long as a job needs the vertex, so only a job that ended and is
// submitted again can do better. What it finished by then is cached.
type attempts struct {
	before int      // tries that failed
	blamed *request // whose error is to pass, nil if none
	err    error    // that error
}

// submitAndRetry submits a job, and again if what failed may pass. Its requests keep
// what they have reached: their place among those that are admitted, and that
// others may link to them.
func (r *run) submitAndRetry(ctx context.Context, j *job) (map[string]string, error) {
	for {
		response, err := r.attempt(ctx, j)
		if err == nil {
			return response, nil
		}
		q, cause := j.tries.blamed, j.tries.err
		if q == nil {
			q, cause = j.requests[0], j.node.Recognise(err)
			if !r.mayPass(ctx, j, cause) || !q.repeatable() {
				return nil, j.tries.told(err)
			}
		}
		j.tries = attempts{before: j.tries.before + 1}
		for _, q := range j.requests {
			q.discard()
		}
		if r.again.Pause(ctx, q.target.Name, q.failing(cause), j.tries.before, cause) != nil {
			return nil, ctx.Err()
		}
		j.renew()
	}
}

// attempt submits a job once. What a request has failed of before its job knew
// is what failed.
func (r *run) attempt(ctx context.Context, j *job) (map[string]string, error) {
	bounded, end := r.bound(ctx, j)
	defer end()
	response, err := r.submitJob(bounded, j)
	if bounded.Err() != nil && ctx.Err() == nil {
		return nil, context.Cause(bounded)
	}
	return response, err
}

// mayPass reports whether a job is to be submitted again after err.
func (r *run) mayPass(ctx context.Context, j *job, err error) bool {
	var tried *retry.TriedError
	return ctx.Err() == nil && j.tries.before < r.opt.Retries && failure.Transient(err) && !errors.As(err, &tried)
}

// hopeful reports whether there are tries left after err, for which the run may
// have no time.
func (r *run) hopeful(err error) bool {
	times := 1
	if tried := (*retry.TriedError)(nil); errors.As(err, &tried) {
		times = tried.Times
	}
	return times <= r.opt.Retries && failure.Transient(err)
}

// postpone reports whether the failure of a request, which ends its job, is
// none yet because the job will be submitted again.
func (r *run) postpone(ctx context.Context, j *job, q *request, err error) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err = q.node.Recognise(err); !r.mayPass(ctx, j, err) {
		return j.tries.blamed != nil && failure.Canceled(err)
	}
	if j.tries.blamed != nil {
		return true // two failed at once
	}
	j.tries.blamed, j.tries.err = q, err
	return true
}

// told adds how often something was tried that did not pass.
func (a *attempts) told(err error) error {
	var tried *retry.TriedError
	if !failure.Transient(err) || errors.As(err, &tried) {
		return err
	}
	return retry.Exhausted(err, a.before+1)
}

// repeatable reports whether the outputs of q can be written again: what went
// to standard output cannot be taken back.
func (q *request) repeatable() bool {
	for _, e := range q.exports {
		if e.Spent {
			return false
		}
	}
	return true
}

// phases of a request.
const (
	phasePolicy = "evaluating its policies"
	phaseLoad   = "loading"
	phaseBuild  = "fetching" // all else that may fail and pass while building
	phaseExport = "export"
)

// failing names what of q has failed.
func (q *request) failing(err error) string {
	text := err.Error()
	switch {
	case q.phase.Load() != phaseExport:
		return q.phase.Load().(string)
	case strings.Contains(text, "failed to push"):
		return "push"
	case strings.Contains(text, "cache"), strings.Contains(text, "error writing "): // a layer, config or manifest
		return "cache export"
	}
	return phaseExport
}
