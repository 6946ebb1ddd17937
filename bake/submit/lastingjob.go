package submit

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"bake/bake/submit/failure"
	"bake/bake/submit/vertex"

	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/identity"
	"github.com/moby/buildkit/solver/pb"
	"golang.org/x/sync/errgroup"
)

// lastingJob is a job of no target's own. It has no outputs and ends when all
// targets of the run are evaluated, or when it is given up because something
// failed that may pass.
type lastingJob struct {
	ctx     context.Context
	giveUp  context.CancelFunc
	ready   chan struct{} // closed when client is there, or err
	ended   chan struct{} // closed when the engine has forgotten it
	client  gateway.Client
	imports []gateway.CacheOptionsEntry
	err     error
	silent  bool // what it is told of has been told before
}

// startLasting submits a lasting job for members, which may share one and of
// which the first stands for all, with the caches to import.
func (r *run) startLasting(members []*request, imports []client.CacheOptionsEntry) *lastingJob {
	s := &lastingJob{ready: make(chan struct{}), ended: make(chan struct{}), silent: len(imports) == 0}
	s.ctx, s.giveUp = context.WithCancel(r.ctx)
	r.lasting.Go(func() {
		defer close(s.ended)
		defer s.giveUp()
		r.submitLasting(s, members, imports)
	})
	return s
}

// submitLasting returns when the job has ended.
func (r *run) submitLasting(s *lastingJob, members []*request, imports []client.CacheOptionsEntry) {
	q := members[0]
	so := client.SolveOpt{
		Ref: identity.NewID(), FrontendAttrs: map[string]string{}, CacheImports: imports, AllowedEntitlements: q.entitlements, SourcePolicy: r.static, Internal: true,
		SharedSession: r.sessions.lasting(q), SessionPreInitialized: true,
	}
	started := r.starts()
	tell := sync.OnceFunc(func() { close(s.ready) })
	var status chan *client.SolveStatus
	wait := func() {}
	if !s.silent {
		status, wait = r.progress.Stream((&job{node: q.node, requests: members, shared: true}).watched())
	}
	_, err := q.node.Client.Build(s.ctx, so, "", func(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
		started()
		var err error
		if s.imports, err = resolved(c); err != nil {
			return nil, err
		}
		s.client = c
		tell()
		return gateway.NewResult(), r.allDone.wait(ctx)
	}, status)
	started()
	if lost := q.node.Recognise(err); failure.Lost(lost) && s.ctx.Err() == nil {
		r.stop(lost) // it may be the only job left
	}
	if s.client == nil {
		s.err = err
		if err == nil {
			s.err = errors.New("the builder ended a job before it began")
		}
	}
	tell()
	wait()
}

// evaluate builds what another job has loaded, or takes hold of what that job
// has built.
func (s *lastingJob) evaluate(ctx context.Context, result *gateway.Result) error {
	return s.solveEach(ctx, result, func(def *pb.Definition) gateway.SolveRequest {
		return gateway.SolveRequest{Definition: def, CacheImports: s.imports, Evaluate: true}
	})
}

// solveEach submits a request for each definition in the result of another job.
func (s *lastingJob) solveEach(ctx context.Context, result *gateway.Result, request func(*pb.Definition) gateway.SolveRequest) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	select {
	case <-s.ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.client == nil {
		return s.err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, def := range vertex.Definitions(result) {
		group.Go(func() error {
			_, err := s.client.Solve(ctx, request(def))
			return err
		})
	}
	return group.Wait()
}

// resolved are the imports of a job as its frontends see them: those from a
// directory name what was found there.
func resolved(c gateway.Client) ([]gateway.CacheOptionsEntry, error) {
	var out []gateway.CacheOptionsEntry
	text := c.BuildOpts().Opts["cache-imports"]
	if text == "" {
		return nil, nil
	}
	return out, json.Unmarshal([]byte(text), &out)
}
