package build

import (
	"context"
	"errors"
	"sync"
	"time"

	"bake/bake"

	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/util/sourcemeta"
	spb "github.com/moby/buildkit/sourcepolicy/pb"
	"golang.org/x/sync/errgroup"
)

// run is one submission.
type run struct {
	opt          Options
	plan         *bake.Plan
	progress     *progress
	again        *retrier
	cluster      *cluster
	sources      sources
	repositories *repositories
	assemblies   []*assembly // the targets, in the order of the plan
	requests     []*request
	gate         *gate
	allDone      *barrier // every request is evaluated
	overwritten  *overwritten
	unheard      []*unheard
	sessions     *sessions
	static       *spb.Policy // the source policy of all jobs, nil if there is none
	held         *holding    // nil if outputs are not held back
	history      *history

	ctx       context.Context // that of the whole run, for jobs that no single target owns
	mu        sync.Mutex
	resolvers map[sessionKey]*sourcemeta.Resolver
	first     error // the failure that ended the run
	stop      context.CancelCauseFunc
	ended     func() bool   // whether the run was stopped, by a failure or by the caller
	starting  chan struct{} // bounds the jobs that the engine is about to register
	loading   chan struct{} // bounds the frontends that are not the engine's own, or an old engine's
}

// maxStarting is how many jobs start at once. The engine gives a job a few
// seconds to become known to its own gateway, which many at once would exceed.
const maxStarting = 32

// maxLoading is how many frontends run at once where they are expensive: one
// that comes as an image is a container, and an old engine that has hundreds to
// run has no time left to register the jobs that start.
const maxLoading = 8

// Run builds the targets of p on nodes and reports what happened to each. The
// report is there even if the build failed. An error is an *EntitlementError,
// a *TargetError for the target that failed first, or says that the build was
// cancelled or the builder was Unreachable.
func Run(ctx context.Context, p *bake.Plan, nodes []builder.Node, opt Options) (*Report, error) {
	started := time.Now()
	if err := checkEntitlements(p, &opt.Caller, opt.Allow); err != nil {
		return newReport(p, started, err), err
	}
	r := &run{opt: opt, plan: p, progress: newProgress(opt.Progress, opt.Follow, len(p.Targets) > 1)}
	r.again = &retrier{retries: opt.Retries, show: r.progress}
	r.repositories = newRepositories(&r.opt.Caller)
	r.history = newHistory(opt.History)
	err := r.submit(ctx, nodes)
	if err := r.history.finish(opt.Asked); err != nil {
		r.forgot(err)
	}
	report := r.report(started, err)
	report.Builder = describeBuilder(nodes)
	report.Release = r.unfinished()
	return report, err
}

func (r *run) submit(ctx context.Context, nodes []builder.Node) error {
	ctx, r.stop = context.WithCancelCause(ctx)
	defer r.stop(context.Canceled)
	r.ended = func() bool { return ctx.Err() != nil }
	r.starting = make(chan struct{}, maxStarting)
	r.loading = make(chan struct{}, maxLoading)
	var err error
	if r.static, err = staticPolicy(&r.opt.Caller); err != nil {
		return err
	}
	if r.opt.Auth == nil {
		var broken error
		if r.opt.Auth, broken = dockerAuth(r.opt.Env, r.opt.TokenTLS); broken != nil {
			r.progress.warn(broken.Error())
		}
	}
	if r.cluster, err = newCluster(nodes, r.progress); err != nil {
		return err
	}
	defer r.cluster.disconnect()
	if err := r.prepareAll(ctx); err != nil {
		return err
	}
	r.warnUnheard()
	if err := r.repositories.failed; err != nil {
		r.progress.warn(err.Error())
	}
	defer r.closeResolvers()
	r.fetchPolicies(ctx)
	r.ctx = ctx
	r.pool()
	if err := r.hold(); err != nil {
		return err
	}
	r.sessions, err = openSessions(ctx, r)
	if err != nil {
		return err
	}
	defer r.sessions.close()
	for _, q := range r.requests {
		r.progress.claim(q.owner(), q.loadVertices(r.sessions.inputs[q.node])...)
	}
	r.overwritten = newOverwritten(r.outputs())
	err = r.solveAll(ctx, assign(r.requests, &r.opt))
	for _, text := range r.overwritten.warnings(r.opt.Dir) {
		r.progress.warn(text)
	}
	if err = r.letGo(ctx, err); err != nil {
		return err
	}
	r.warnNoOutput()
	return nil
}

// prepareAll makes the requests, in the order of the plan, and connects those
// that are linked. Identical targets are built once.
func (r *run) prepareAll(ctx context.Context) error {
	placed, err := r.place(ctx)
	if err != nil {
		return err
	}
	byTarget := map[*bake.Target]*assembly{}
	same := map[string]*assembly{}
	for n, t := range r.plan.Targets {
		a, err := r.assemble(ctx, t, n, placed[n], byTarget)
		if err != nil {
			if err = preparationError(t, err); !r.opt.KeepGoing || ofBuilder(err) || ctx.Err() != nil {
				return err
			}
			r.unprepared(a, err)
		}
		byTarget[t] = a
		r.assemblies = append(r.assemblies, a)
		if a.err != nil {
			continue
		}
		print := a.fingerprint()
		if a.twin = same[print]; a.twin == nil {
			r.requests = append(r.requests, a.parts...)
		}
		if print != "" && a.twin == nil {
			same[print] = a
		}
	}
	return nil
}

// preparationError blames the attribute that an error of prepare is about.
func preparationError(t *bake.Target, err error) error {
	if skip := (*skippedError)(nil); ofBuilder(err) || errors.As(err, &skip) {
		return err
	}
	var blamed *attributeError
	if errors.As(err, &blamed) {
		return targetError(t, blamed.attribute, blamed.key, err)
	}
	return targetError(t, "", "", err)
}

// solveAll runs the jobs through the three steps.
func (r *run) solveAll(ctx context.Context, jobs []*job) error {
	r.gate = newGate(r.requests, r.opt.Jobs)
	r.allDone = newBarrier(len(r.requests))
	var group errgroup.Group
	for _, j := range jobs {
		group.Go(func() error {
			r.solve(ctx, j)
			r.conclude(ctx, j)
			r.delivered(j)
			return nil
		})
	}
	_ = group.Wait()
	for _, q := range r.requests {
		if q.importer != nil {
			q.importer.finished.Wait()
		}
	}
	return r.verdict(ctx)
}

// verdict is the error of a run whose jobs ended, nil if all went well.
func (r *run) verdict(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.first != nil {
		return r.first
	}
	return context.Cause(ctx)
}

// fail notes the failure of a request and, if it is the first, ends the run, or
// lets the run go on without it.
// What is cancelled because the run ends already, or because the builder went
// away, is an echo and blames nobody. So is what would have been tried again.
func (r *run) fail(q *request, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if q.outcome.err != nil {
		return
	}
	err = q.policies.blame(q.refused(q.node.recognise(err)))
	q.outcome.err = preparationError(q.target, q.withPlatform(q.withSource(err)))
	q.outcome.echo = ofBuilder(err) || r.ended() && (canceled(err) || errors.Is(err, context.DeadlineExceeded) || r.hopeful(err))
	if r.opt.KeepGoing && !ofBuilder(err) && !q.outcome.echo {
		if skip := (*skippedError)(nil); r.first == nil && !errors.As(err, &skip) {
			r.first = q.outcome.err
		}
		r.release(q)
		return
	}
	if q.outcome.echo && !ofBuilder(err) {
		return
	}
	if r.first == nil || r.opt.KeepGoing && !ofBuilder(r.first) {
		r.first = q.outcome.err
		r.stop(r.first)
	}
}
