//go:build linux

package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/defaults"
	"github.com/moby/buildkit/control"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/bboltcachestorage"
	"github.com/moby/buildkit/util/apicaps"
	"github.com/moby/buildkit/util/bklog"
	"github.com/moby/buildkit/util/db"
	"github.com/moby/buildkit/util/db/boltutil"
	"github.com/moby/buildkit/util/grpcerrors"
	_ "github.com/moby/buildkit/util/grpcutil/encoding/proto" // the codec BuildKit's messages need on both ends
	"github.com/moby/buildkit/util/stack"
	"github.com/moby/buildkit/version"
	"github.com/moby/buildkit/worker"
	"github.com/moby/buildkit/worker/base"
	fscopy "github.com/tonistiigi/fsutil/copy"
	bolt "go.etcd.io/bbolt"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// Server is a BuildKit ready to serve. Make one with New, run it with Serve.
type Server struct {
	opt      Options
	started  time.Time
	worker   *base.Worker
	control  *control.Controller
	grpc     *grpc.Server
	activity *activity
	certs    stamp              // of what is known of registries
	stopping context.CancelFunc // tells BuildKit that a graceful stop has begun
	stop     chan string
	filled   chan struct{} // a build that failed has left the disk nearly full
}

// New puts the server together: it opens the databases under opt.Root and
// starts whatever the worker needs, so the caller must hold the lock of the
// state directory. Close releases it.
func New(ctx context.Context, opt Options) (_ *Server, err error) {
	prepareProcess()
	if err := os.MkdirAll(opt.Root, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the state directory: %w", err)
	}
	if err := applySystem(opt.File); err != nil {
		return nil, err
	}
	keepReserve(opt.Root)
	sessions, err := session.NewManager()
	if err != nil {
		return nil, fmt.Errorf("cannot make the session manager: %w", err)
	}
	hosts := tellStatus(opt.Registries.Hosts())
	w, err := newWorker(ctx, opt, hosts)
	if err != nil {
		return nil, err
	}
	workers := &worker.Controller{}
	if err := workers.Add(w); err != nil {
		return nil, fmt.Errorf("cannot add the worker: %w", err)
	}
	graceful, stopping := context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			stopping()
		}
	}()
	ctrl, err := newController(graceful, opt, w, workers, sessions, hosts)
	if err != nil {
		return nil, err
	}
	s := &Server{
		opt: opt, started: time.Now(), worker: w, control: ctrl,
		activity: newActivity(), stopping: stopping, stop: make(chan string, 1), filled: make(chan struct{}, 1),
	}
	s.grpc = s.newGRPC()
	return s, nil
}

// prepareProcess sets what BuildKit expects of its process, which it can only
// get from package main of the stock daemon.
func prepareProcess() {
	// Files of the build context must keep their modes whatever the umask of
	// the user was; fsutil skips its own chmod when told so.
	unix.Umask(0)
	fscopy.UmaskIsZero = true
	apicaps.ExportedProduct = "buildkit"
	nameBuildKit()
	stack.SetVersionInfo(version.Version, version.Revision)
}

// nameBuildKit sets the version that BuildKit puts into provenance and tells to
// clients. Its own build stamps it with the linker; here it is the version of
// the module, unless this program was stamped too.
func nameBuildKit() {
	const unstamped = "unknown"
	info, ok := debug.ReadBuildInfo()
	if !ok || !strings.Contains(version.Version, unstamped) {
		return
	}
	for _, m := range info.Deps {
		if m.Path == version.Package && m.Version != "" {
			version.Version = m.Version
		}
	}
}

// newController joins the worker, the frontends and the cache backends.
func newController(ctx context.Context, opt Options, w *base.Worker, workers *worker.Controller, sessions *session.Manager, hosts registryHosts) (*control.Controller, error) {
	rules, err := compaction(opt)
	if err != nil {
		return nil, err
	}
	cacheStore, err := bboltcachestorage.NewStore(filepath.Join(opt.Root, "cache.db"), rules...)
	if err != nil {
		return nil, fmt.Errorf("cannot open the solver cache: %w", err)
	}
	history, err := openHistory(opt.Root, rules)
	if err != nil {
		return nil, err
	}
	frontends, err := newFrontends(opt, workers, hosts)
	if err != nil {
		return nil, err
	}
	exporters, importers := cacheBackends(opt, sessions, w, hosts)
	ctrl, err := control.NewController(control.Opt{
		SessionManager:            sessions,
		WorkerController:          workers,
		Frontends:                 frontends,
		ResolveCacheExporterFuncs: exporters,
		ResolveCacheImporterFuncs: importers,
		CacheManager:              solver.NewCacheManager(ctx, "local", cacheStore, worker.NewCacheResultStorage(workers)),
		Entitlements:              entitlements(opt),
		HistoryDB:                 history,
		CacheStore:                cacheStore,
		LeaseManager:              w.LeaseManager(),
		ContentStore:              w.ContentStore(),
		HistoryConfig:             opt.File.History,
		GarbageCollect:            w.GarbageCollect,
		GracefulStop:              ctx.Done(),
	})
	if err != nil {
		return nil, fmt.Errorf("cannot make the BuildKit controller: %w", err)
	}
	return ctrl, nil
}

// openHistory opens the database of build records. Nobody reads it but to look
// at past builds, so it is not worth an fsync per record: after a crash of the
// machine a torn file is moved aside and a new one begun.
func openHistory(root string, rules []compactionRules) (db.DB, error) {
	history, err := boltutil.SafeOpen(filepath.Join(root, "history.db"), 0o600, &bolt.Options{
		FreelistType:   bolt.FreelistMapType,
		NoFreelistSync: true,
		NoSync:         true,
	}, rules...)
	if err != nil {
		return nil, fmt.Errorf("cannot open the build history: %w", err)
	}
	return history, nil
}

// How many bytes may be on their way between the engine and a client, per stream
// and in all. With fixed sizes nobody measures the connection to find good ones:
// on a socket of one machine that was every second packet.
const (
	StreamWindow     = 1 << 20
	ConnectionWindow = 4 << 20
)

func (s *Server) newGRPC() *grpc.Server {
	srv := grpc.NewServer(
		grpc.StatsHandler(s.activity),
		grpc.ChainUnaryInterceptor(survive, logFailures, s.refresh, s.reclaim, grpcerrors.UnaryServerInterceptor),
		grpc.StreamInterceptor(grpcerrors.StreamServerInterceptor),
		grpc.MaxRecvMsgSize(defaults.DefaultMaxRecvMsgSize),
		grpc.MaxSendMsgSize(defaults.DefaultMaxSendMsgSize),
		grpc.InitialWindowSize(StreamWindow),
		grpc.InitialConnWindowSize(ConnectionWindow),
	)
	s.control.Register(srv)
	healthv1.RegisterHealthServer(srv, health.NewServer())
	registerAdmin(srv, s)
	return srv
}

// survive turns a panic in a call into its error: a defect that one build runs
// into must not end the builds of others.
func survive(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (_ any, err error) {
	defer func() {
		if r := recover(); r != nil {
			bklog.G(ctx).Errorf("%s: panic: %v\n%s", info.FullMethod, r, debug.Stack())
			err = status.Errorf(codes.Internal, "defect in the engine (its log has more): %v", r)
		}
	}()
	return next(ctx, req)
}

// logFailures writes failed calls to the engine's log: clients show the same
// error, but the log is where one looks after the client is gone.
func logFailures(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	resp, err := next(ctx, req)
	if err != nil && !errors.Is(err, context.Canceled) {
		bklog.G(ctx).Errorf("%s: %v", info.FullMethod, err)
	}
	return resp, err
}

// Serve answers clients on l until ctx ends, a client asks the server to stop,
// or nobody has used it for the idle time. It returns nil in all these cases.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	failed := make(chan error, 1)
	go func() { failed <- s.grpc.Serve(l) }()
	idle := make(chan struct{})
	watch, unwatch := context.WithCancel(ctx)
	var cleaning sync.WaitGroup
	defer cleaning.Wait()
	defer unwatch()
	go s.watchIdle(watch, idle)
	cleaning.Go(func() { s.cleanAgain(watch) })

	select {
	case err := <-failed:
		s.stopping()
		return fmt.Errorf("cannot serve: %w", err)
	case <-ctx.Done():
		bklog.L.Info("stopping: told to")
	case r := <-s.stop:
		bklog.L.Infof("stopping: %s", r)
	case <-idle:
		bklog.L.Infof("stopping: idle for %s", s.opt.Idle)
	}
	s.shutdown(l)
	return nil
}

// Stop makes Serve return as if a client had asked for it.
func (s *Server) Stop(why string) {
	select {
	case s.stop <- why:
	default: // somebody asked before
	}
}

// graceTime is how long builds may take to end after a stop was asked for.
const graceTime = 5 * time.Second

// retireTime is how long connections are taken from a listener that nobody new
// can find any more. It is for those who found it just before.
const retireTime = 20 * time.Millisecond

func (s *Server) shutdown(l net.Listener) {
	// A connection that waits to be accepted when a listener closes is reset,
	// which a client cannot tell from a crash. One that is accepted is told to
	// go elsewhere, and does so without an error.
	if r, ok := l.(interface{ Retire() }); ok {
		r.Retire()
		time.Sleep(retireTime)
	}
	s.stopping()
	done := make(chan struct{})
	go func() { s.grpc.GracefulStop(); close(done) }()
	select {
	case <-done:
	case <-time.After(graceTime):
		s.grpc.Stop()
	}
}

// Close releases the databases. Call it after Serve has returned.
func (s *Server) Close() error {
	if err := s.control.Close(); err != nil {
		return fmt.Errorf("cannot close the engine's databases: %w", err)
	}
	return nil
}
