package submit

import (
	"context"
	"sync"

	"bake/bake/submit/input"
	"bake/bake/submit/policy"
	"bake/bake/submit/source"

	"github.com/docker/buildx/util/sourcemeta"
	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"golang.org/x/sync/errgroup"
)

// resolver asks the engine of q about sources, with the credentials of q. It is
// shared and closed at the end of the run.
func (r *run) resolver(q *request) (*sourcemeta.Resolver, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := q.sessionKey()
	if known := r.resolvers[key]; known != nil {
		return known, nil
	}
	attachables, err := q.credentials.Attachables(&r.opt.Caller)
	if err != nil {
		return nil, err
	}
	made := sourcemeta.NewResolver(q.node.Client, sourcemeta.WithProgressWriter(r.progress),
		sourcemeta.WithSession(append(attachables, r.opt.Auth)))
	if r.resolvers == nil {
		r.resolvers = map[sessionKey]*sourcemeta.Resolver{}
	}
	r.resolvers[key] = made
	return made, nil
}

// closeResolvers ends the builds that resolvers have opened.
func (r *run) closeResolvers() {
	for _, one := range r.resolvers {
		_ = one.Close() // it only repeats what a policy was told
	}
}

// maxLookups is how many contexts are searched for policies at once.
const maxLookups = 8

// fetchPolicies reads the policies that lie in contexts which the engine
// fetches, each context once, and forgets those that are not there. What fails
// is an error of the target when it is submitted.
func (r *run) fetchPolicies(ctx context.Context) {
	type place struct{ context, session string }
	refs := map[place]func() (gateway.Reference, error){}
	var group errgroup.Group
	group.SetLimit(maxLookups)
	for _, q := range r.requests {
		if !q.policies.Any() || q.inputs.ContextDir != "" {
			continue
		}
		at := place{q.target.Context, q.node.Name + "\x00" + q.credentials.Key()}
		if refs[at] == nil {
			refs[at] = sync.OnceValues(func() (gateway.Reference, error) { return r.openContext(ctx, q) })
		}
		open := refs[at]
		group.Go(func() error {
			q.policies.Err = q.policies.Fetch(ctx, open)
			return nil
		})
	}
	_ = group.Wait()
}

// openContext makes the engine fetch the context of q.
func (r *run) openContext(ctx context.Context, q *request) (ref gateway.Reference, err error) {
	state, err := source.TreeState(q.target.Context, input.AdviceOnContexts(q.target))
	if err != nil {
		return nil, err
	}
	resolver, err := r.resolver(q)
	if err != nil {
		return nil, err
	}
	err = r.again.Do(ctx, q.target.Name, "fetching", func(ctx context.Context) error {
		if ref, err = resolver.ResolveState(ctx, *state); err == nil {
			err = ref.Evaluate(ctx)
		}
		return err
	})
	return ref, source.MissingDirectory(source.OpenStep, err)
}

// enforce makes the engine ask the policies of q about every source. They are
// evaluated for that, which takes of the time that q has.
func (r *run) enforce(ctx context.Context, q *request, so *client.SolveOpt) (func(error), error) {
	if q.policies.Any() {
		q.phase.Store(phasePolicy)
		q.watch.start()
		defer q.watch.stop()
	}
	return q.policies.Enforce(ctx, so, policy.Enforcement{
		Show: r.progress, Home: r.opt.Env["HOME"], Resolver: func() (*sourcemeta.Resolver, error) { return r.resolver(q) },
	})
}
