package submit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"bake/bake/submit/node"
	"bake/bake/submit/progress"
	"bake/bake/submit/report"
	"bake/bake/submit/vertex"

	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/identity"
	"github.com/opencontainers/go-digest"
	"golang.org/x/sync/errgroup"
)

// job is one solve of the engine. It carries one request if that has something
// to export or needs a session of its own, else all that can share a solve.
type job struct {
	node     *node.Node
	requests []*request
	shared   bool // what is reported is nobody's in particular
	tries    attempts
	end      atomic.Pointer[context.CancelFunc] // ends the current attempt
}

// renew prepares the requests for another submission, to which new ids belong.
// One that exports a cache also needs a new session: the engine would find its
// steps by the session that they came from, and exports nothing of such.
func (j *job) renew() {
	for _, q := range j.requests {
		q.ref = identity.NewID()
		q.anew = len(q.cacheTo) > 0
	}
}

// saw notes a vertex that the engine reported to the job, unless several
// requests share it: what is not among their steps is nobody's in particular.
func (j *job) saw(d digest.Digest) {
	if len(j.requests) > 1 || j.shared {
		return
	}
	q := j.requests[0]
	if q.reported == nil {
		q.reported = map[digest.Digest]bool{}
	}
	q.reported[d] = true
}

// watched is how the progress knows the job.
func (j *job) watched() progress.Job {
	w := progress.Job{Ref: j.requests[0].ref, Vertex: j.node.Vertex, Saw: j.saw}
	for _, q := range j.requests {
		w.Owners = append(w.Owners, q.owner())
	}
	return w
}

// jobKey is equal for requests that may share a job: what their Dockerfiles
// may use is the same.
type jobKey struct {
	sessionKey
	entitlements string
	asks         bool
}

func (q *request) jobKey() jobKey {
	return jobKey{q.sessionKey(), strings.Join(q.entitlements, ","), q.call != ""}
}

// assign distributes requests over jobs. A job costs a record, several round
// trips and synced writes of the engine, so all that export nothing share one.
// A caller that wants metadata wants a record for each target, and a target
// that fails takes its job with it.
func assign(requests []*request, opt *Options) []*job {
	var jobs []*job
	shared := map[jobKey]*job{}
	for _, q := range requests {
		if opt.Metadata || opt.KeepGoing || q.exporting() || q.ownSession() || len(q.cacheFrom) > 0 {
			jobs = append(jobs, &job{node: q.node, requests: []*request{q}})
			continue
		}
		k := q.jobKey()
		if shared[k] == nil {
			shared[k] = &job{node: q.node}
			jobs = append(jobs, shared[k])
		}
		shared[k].requests = append(shared[k].requests, q)
	}
	return jobs
}

// solve runs a job to its end and notes the outcome of its requests.
func (r *run) solve(ctx context.Context, j *job) {
	started := time.Now()
	for _, q := range j.requests {
		q.outcome.started = started
	}
	response, err := r.submitAndRetry(ctx, j)
	for _, q := range j.requests {
		if err == nil && r.held == nil {
			err = q.commit(response)
		}
		if err != nil || r.held == nil {
			q.discard()
		}
		if err != nil {
			r.fail(q, err) // counts only if the request has no error of its own
		}
		if len(j.requests) == 1 || q.outcome.finished.IsZero() {
			q.outcome.finished = time.Now()
		}
		q.outcome.response, q.outcome.done = response, err == nil
		r.gate.yield(q)
		r.progress.Phase(q.target.Name, len(q.of.parts), true)
	}
}

// starts waits until few enough jobs start. The returned function tells that this
// one has; it may be called again.
func (r *run) starts() (started func()) {
	r.starting <- struct{}{}
	return sync.OnceFunc(func() { <-r.starting })
}

func (r *run) submitJob(ctx context.Context, j *job) (_ map[string]string, err error) {
	so, release, err := r.solveOpt(ctx, j)
	if err != nil {
		return nil, err
	}
	defer release()
	r.remember(j)
	c, err := j.node.Connection(ctx)
	if err != nil {
		return nil, err
	}
	told, err := r.enforce(ctx, j.requests[0], so)
	if err != nil {
		return nil, err
	}
	defer func() { told(err) }()
	ended, err := r.receiveFiles(ctx, j.requests[0], so, c)
	if err != nil {
		return nil, err
	}
	defer ended()
	defer r.leaveExport(j.requests[0])
	started := r.starts()
	status, wait := r.progress.Stream(j.watched())
	resp, err := c.Build(ctx, *so, "", func(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
		started()
		return r.build(ctx, c, j)
	}, status)
	started()
	wait()
	if err != nil {
		return nil, r.inOutput(j.requests[0], err)
	}
	response := maps.Clone(resp.ExporterResponse)
	if response == nil {
		response = map[string]string{}
	}
	q := j.requests[0]
	if q.call != "" {
		return response, nil // there is neither a record nor an image
	}
	if err := r.pushByDocker(ctx, q, response); err != nil {
		return response, err
	}
	q.dropConfigDigest(response)
	if q.several {
		if q.images, err = q.exportedImages(ctx); err != nil {
			return response, err
		}
	}
	if !q.of.split && !q.inner {
		if q.of.manifests, err = r.readManifests(ctx, q, report.ImageOf(response)); err != nil {
			return response, err
		}
	}
	return response, r.addRecord(ctx, q, response)
}

// solveOpt describes the job to the engine.
func (r *run) solveOpt(ctx context.Context, j *job) (*client.SolveOpt, func(), error) {
	q := j.requests[0]
	so := &client.SolveOpt{
		Ref:                 q.ref,
		FrontendAttrs:       maps.Clone(q.attrs),
		CacheExports:        q.cacheTo,
		CacheImports:        q.ownImports(),
		AllowedEntitlements: q.entitlements,
		SourcePolicy:        r.static,
		Internal:            q.call != "" || q.node.Embedded && !r.opt.Metadata && !q.several,
	}
	if len(j.requests) > 1 { // the record is not that of the first alone
		so.FrontendAttrs[buildName] = j.name()
	}
	if err := q.checkCaches(&r.opt); err != nil {
		return nil, nil, err
	}
	if err := r.sessions.attach(q, r, so); err != nil {
		return nil, nil, err
	}
	var releases []func()
	release := func() {
		for _, free := range releases {
			free()
		}
	}
	for _, e := range q.exports {
		entry, free, err := r.openExport(ctx, q, e)
		if err != nil {
			release()
			return nil, nil, err
		}
		releases = append(releases, free)
		so.Exports = append(so.Exports, entry)
	}
	return so, release, nil
}

// build is what a job does between the start of its solve and its export.
func (r *run) build(ctx context.Context, c gateway.Client, j *job) (*gateway.Result, error) {
	group, steps := errgroup.WithContext(ctx)
	results := make([]*gateway.Result, len(j.requests))
	for i, q := range j.requests {
		group.Go(func() error {
			var err error
			results[i], err = r.step(steps, c, q)
			if err != nil && !r.postpone(ctx, j, q, err) {
				r.fail(q, j.tries.told(err))
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if len(j.requests) > 1 || j.requests[0].call != "" {
		return gateway.NewResult(), nil // nothing is exported
	}
	return results[0], nil
}

// step loads and evaluates one request and returns when its outputs can be
// written. When a job is submitted again, its requests pass at once where they
// had been.
func (r *run) step(ctx context.Context, c gateway.Client, q *request) (*gateway.Result, error) {
	q.phase.Store(phaseLoad)
	q.watch.start()
	result, err := r.loadOrAsk(ctx, c, q)
	q.watch.stop()
	if err != nil {
		return nil, r.inContext(q, fmt.Errorf("failed to solve: %w", err))
	}
	r.gate.load(q, result, r.allLoaded)
	if r.staggered {
		r.progress.Claim(q.owner(), vertex.ShownSteps(q.steps)...)
	}
	if err := r.gate.enter(ctx, q); err != nil {
		return nil, err
	}
	if err := errors.Join(q.checkLinks(), q.checkParts()); err != nil {
		return nil, err
	}
	if q.call == "" {
		q.phase.Store(phaseBuild)
		q.watch.start()
		err := q.build(ctx, result)
		q.watch.stop()
		if err != nil {
			return nil, r.inContext(q, fmt.Errorf("failed to solve: %w", err))
		}
	}
	q.outcome.finished, q.outcome.made = time.Now(), q.call == ""
	r.gate.leave(q)
	r.progress.Phase(q.target.Name, len(q.of.parts), false)
	q.arrived.Do(r.allDone.arrive)
	if err := r.enterExport(ctx, q, result); err != nil {
		return nil, err
	}
	q.phase.Store(phaseExport)
	q.watch.start()
	return result, nil
}

// loadOrAsk loads q unless it is only asked about, and asks.
func (r *run) loadOrAsk(ctx context.Context, c gateway.Client, q *request) (result *gateway.Result, err error) {
	if q.call == "" || q.linked {
		if result, err = r.load(ctx, c, q); err != nil {
			return nil, err
		}
	}
	if q.call != "" {
		q.answer, err = r.ask(ctx, c, q)
	}
	return result, err
}

// load makes the frontend turn q into definitions. Nothing is built.
func (r *run) load(ctx context.Context, c gateway.Client, q *request) (*gateway.Result, error) {
	req, err := r.frontendRequest(ctx, c, q)
	if err != nil {
		return nil, err
	}
	if q.node.Old || q.ownFrontend() {
		if err := r.loading.Acquire(ctx, 1); err != nil {
			return nil, err
		}
		defer r.loading.Release(1)
	}
	result, err := r.solveFrontend(ctx, c, q, req)
	if err == nil {
		r.endProvenance(ctx, q, result)
	}
	return result, err
}

// frontendRequest is what the frontend has to know about q. What q links to is
// loaded for it, not built.
func (r *run) frontendRequest(ctx context.Context, c gateway.Client, q *request) (gateway.SolveRequest, error) {
	req := gateway.SolveRequest{Frontend: q.frontend}
	if err := r.fetchDockerfile(ctx, c, q); err != nil {
		return req, err
	}
	attrs := maps.Clone(q.attrs)
	for _, l := range q.inputs.Locals {
		if q.node.Old {
			continue // its session serves all directories
		}
		attrs["local-sessionid:"+l.Key] = l.Session(cmp.Or(r.sessions.inputSession(q), c.BuildOpts().SessionID))
	}
	inputs, err := q.linkInputs(ctx, attrs)
	if err != nil {
		return req, err
	}
	q.extendNoCache(ctx, c, attrs)
	maps.Copy(inputs, q.inputs.Definitions)
	if q.definition != nil {
		inputs["dockerfile"] = q.definition
	}
	req.FrontendOpt, req.FrontendInputs = attrs, inputs
	return req, nil
}

// build evaluates q, with the caches of those it shares steps with.
func (q *request) build(ctx context.Context, result *gateway.Result) error {
	if q.importer != nil && !q.evaluated { // else all there is to import was imported
		if err := q.importer.evaluate(ctx, q, result); err != nil {
			return err
		}
	}
	return evaluate(ctx, result)
}

// allLoaded is called once all requests are loaded, before any is evaluated.
func (r *run) allLoaded() {
	for _, q := range r.requests {
		r.progress.Claim(q.owner(), vertex.ShownSteps(q.steps)...)
	}
	r.connect()
}

// evaluate builds everything that res refers to.
func evaluate(ctx context.Context, res *gateway.Result) error {
	group, ctx := errgroup.WithContext(ctx)
	_ = res.EachRef(func(ref gateway.Reference) error {
		if ref != nil {
			group.Go(func() error { return ref.Evaluate(ctx) })
		}
		return nil
	})
	return group.Wait()
}
