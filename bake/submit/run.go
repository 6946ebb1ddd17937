package submit

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"bake/bake"
	"bake/bake/submit/credential"
	"bake/bake/submit/failure"
	"bake/bake/submit/grant"
	"bake/bake/submit/node"
	"bake/bake/submit/output"
	"bake/bake/submit/policy"
	"bake/bake/submit/progress"
	"bake/bake/submit/report"
	"bake/bake/submit/retry"
	"bake/bake/submit/source"
	"bake/bake/submit/vcs"

	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/util/sourcemeta"
	spb "github.com/moby/buildkit/sourcepolicy/pb"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
)

// run is one submission.
type run struct {
	opt          Options
	plan         *bake.Plan
	progress     *progress.Tracker
	again        *retry.Retrier
	cluster      *node.Cluster
	sources      source.Sources
	repositories *vcs.Repositories
	assemblies   []*assembly // the targets, in the order of the plan
	requests     []*request
	gate         *gate
	allDone      *barrier // every request is evaluated
	conflicts    *output.Conflicts
	staggered    bool // not all requests are submitted at once
	ineffective  []*noEffect
	sessions     *sessions
	static       *spb.Policy // the source policy of all jobs, nil if there is none
	held         *holding    // nil if outputs are not held back
	history      *history

	ctx       context.Context // that of the whole run, for jobs that no single target owns
	mu        sync.Mutex
	resolvers map[sessionKey]*sourcemeta.Resolver
	first     error // the failure that ended the run
	stop      context.CancelCauseFunc
	ended     func() bool // whether the run was stopped, by a failure or by the caller
	retained  retainer
	lasting   sync.WaitGroup      // jobs that last until all targets are evaluated
	starting  chan struct{}       // bounds the jobs that the engine is about to register
	exporting *semaphore.Weighted // bounds the jobs whose outputs are written
	loading   *semaphore.Weighted // bounds the frontends that are not the engine's own, or an old engine's
}

// maxStarting is how many jobs start at once. The engine gives a job a few
// seconds to become known to its own gateway, which many at once would exceed.
const maxStarting = 32

// maxExporting is how many targets write their outputs at once: enough to keep
// cores and connections busy. Each takes memory of the engine and of the client.
const maxExporting = 16

// maxLoading is how many frontends run at once where they are expensive: one
// that comes as an image is a container, and an old engine that has hundreds to
// run has no time left to register the jobs that start.
const maxLoading = 8

// Run builds the targets of p on nodes and reports what happened to each. The
// report is there even if the build failed. An error is a *failure.EntitlementError,
// a *failure.TargetError for the target that failed first, or says that the build was
// cancelled or the builder was Unreachable.
func Run(ctx context.Context, p *bake.Plan, nodes []builder.Node, opt Options) (*report.Report, error) {
	started := time.Now()
	if err := grant.Check(p, &opt.Caller, opt.Allow); err != nil {
		return report.New(p, started, err), err
	}
	var err error
	if opt.Granted, err = grant.Guard(p, &opt.Caller, opt.Allow); err != nil {
		return report.New(p, started, err), err
	}
	r := &run{opt: opt, plan: p, progress: progress.New(opt.Progress, opt.Follow, len(p.Targets) > 1)}
	r.again = &retry.Retrier{Retries: opt.Retries, Show: r.progress}
	r.repositories = vcs.NewRepositories(&r.opt.Caller)
	r.history = newHistory(opt.History)
	err = r.submit(ctx, nodes)
	if err := r.history.finish(opt.Asked); err != nil {
		r.forgot(err)
	}
	out := r.report(started, err)
	out.Builder = report.DescribeBuilder(nodes)
	out.Release = r.unfinished()
	return out, err
}

func (r *run) submit(ctx context.Context, nodes []builder.Node) error {
	ctx, r.stop = context.WithCancelCause(ctx)
	defer r.stop(context.Canceled)
	r.ended = func() bool { return ctx.Err() != nil }
	r.starting = make(chan struct{}, maxStarting)
	r.loading = semaphore.NewWeighted(maxLoading)
	r.exporting = semaphore.NewWeighted(int64(min(cmp.Or(r.opt.Jobs, maxExporting), maxExporting)))
	var err error
	if r.static, err = policy.Static(&r.opt.Caller); err != nil {
		return err
	}
	if r.opt.Auth == nil {
		var broken error
		if r.opt.Auth, broken = credential.DockerAuth(r.opt.Env, r.opt.TokenTLS); broken != nil {
			r.progress.Warn(broken.Error())
		}
	}
	if r.cluster, err = node.NewCluster(nodes, r.progress); err != nil {
		return err
	}
	defer r.cluster.Disconnect()
	if err := r.prepareAll(ctx); err != nil {
		return err
	}
	r.warnIneffective()
	if err := r.repositories.Failed; err != nil {
		r.progress.Warn(err.Error())
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
		r.progress.Claim(q.owner(), q.loadVertices(r.sessions.inputs[q.node])...)
	}
	r.conflicts = output.NewConflicts(r.outputs())
	err = r.solveAll(ctx, assign(r.requests, &r.opt))
	for _, text := range r.conflicts.Warnings(r.opt.Dir) {
		r.progress.Warn(text)
	}
	if err = r.letGo(ctx, err); err != nil {
		return err
	}
	r.warnNoOutput()
	return nil
}

// prepareAll makes the requests, in the order of the plan, and connects those
// that are linked. Identical targets are built once, unless they are to be built
// apart.
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
			if err = preparationError(t, err); !r.opt.KeepGoing || failure.OfBuilder(err) || ctx.Err() != nil {
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
		if a.sameAs = same[print]; a.sameAs == nil {
			r.requests = append(r.requests, a.parts...)
		}
		if print != "" && a.sameAs == nil && !r.opt.Apart {
			same[print] = a
		}
	}
	return nil
}

// preparationError blames the attribute that an error of prepare is about.
func preparationError(t *bake.Target, err error) error {
	if skip := (*failure.SkippedError)(nil); failure.OfBuilder(err) || errors.As(err, &skip) {
		return err
	}
	var blamed *failure.AttributeError
	if errors.As(err, &blamed) {
		return failure.OfTarget(t, blamed.Attribute, blamed.Key, err)
	}
	return failure.OfTarget(t, "", "", err)
}

// solveAll runs the jobs through the three steps.
func (r *run) solveAll(ctx context.Context, jobs []*job) error {
	r.gate = newGate(r.requests, r.opt.Jobs)
	r.staggered = r.canStagger(jobs)
	r.gate.open = r.staggered
	r.allDone = newBarrier(len(r.requests))
	window := r.newWindow(jobs)
	var group errgroup.Group
	for _, j := range window.order(jobs) {
		left := window.enter(ctx, j)
		group.Go(func() error {
			defer left()
			r.solve(ctx, j)
			r.conclude(ctx, j)
			r.delivered(j)
			return nil
		})
	}
	_ = group.Wait()
	r.lasting.Wait()
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
	err = q.policies.Explain(q.refused(q.node.Recognise(err)))
	q.outcome.err = preparationError(q.target, q.withPlatform(q.withSource(err)))
	q.outcome.echo = failure.OfBuilder(err) || r.ended() && (failure.Canceled(err) || errors.Is(err, context.DeadlineExceeded) || r.hopeful(err))
	if r.opt.KeepGoing && !failure.OfBuilder(err) && !q.outcome.echo {
		if skip := (*failure.SkippedError)(nil); r.first == nil && !errors.As(err, &skip) {
			r.first = q.outcome.err
		}
		r.release(q)
		return
	}
	if q.outcome.echo && !failure.OfBuilder(err) {
		return
	}
	if r.first == nil || r.opt.KeepGoing && !failure.OfBuilder(r.first) {
		r.first = q.outcome.err
		r.stop(r.first)
	}
}
