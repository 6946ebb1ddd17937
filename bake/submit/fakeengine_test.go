package submit

import (
	"cmp"
	"context"
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/driver"
	"github.com/docker/buildx/store"
	controlapi "github.com/moby/buildkit/api/services/control"
	apitypes "github.com/moby/buildkit/api/types"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/buildid"
	gatewayapi "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/grpchijack"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
	cappb "github.com/moby/buildkit/util/apicaps/pb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
)

// embeddedDriver is the name of the driver that the client takes a fake engine for.
const embeddedDriver = "embedded"

// theater is what a fake engine plays: what a frontend, a step and an exporter
// would do, on the node of that name.
type theater interface {
	load(ctx context.Context, node string, attrs map[string]string) (*gatewayapi.Result, error)
	evaluate(ctx context.Context, node, ref string) error
	keep(ctx context.Context, node string, def *pb.Definition) error // evaluates what another job has loaded
	export(ctx context.Context, node string, result *gatewayapi.Result, exports []*controlapi.Exporter) (map[string]string, error)
}

// fakeEngine is a BuildKit that is reached as a real one, by the client of
// BuildKit over connections in memory, and only pretends to build.
type fakeEngine struct {
	name     string
	played   theater
	sessions *session.Manager
	driver   string   // the name of its driver, bake's own if it is empty
	fate     *fate    // when it goes away, nil is never
	archive  *archive // what it knows of its builds, nil if it keeps nothing
	age      *age     // nil for bake's own

	mu     sync.Mutex
	builds map[string]*fakeBuild // by id
}

// age is what an engine that is not bake's own says it is.
type age struct {
	version string
	lacks   []apicaps.CapID
}

// fakeBuild is a solve that waits for its result.
type fakeBuild struct {
	known    chan struct{} // closed when the solve began
	returned chan *gatewayapi.ReturnRequest
	ended    chan struct{}
}

// startFakeEngine starts a fake engine and returns it as a node of a builder
// that was created for platforms. It ends with the test.
func startFakeEngine(t testing.TB, name string, platforms []ocispecs.Platform, played theater) builder.Node {
	t.Helper()
	return startEngine(t, name, platforms, played, nil)
}

// startEngine starts one of an age, nil for bake's own.
func startEngine(t testing.TB, name string, platforms []ocispecs.Platform, played theater, a *age) builder.Node {
	t.Helper()
	e := &fakeEngine{name: name, played: played, age: a}
	if a != nil {
		e.driver = "fake"
	}
	return e.start(t, platforms)
}

func (e *fakeEngine) start(t testing.TB, platforms []ocispecs.Platform) builder.Node {
	t.Helper()
	var err error
	if e.sessions, err = session.NewManager(); err != nil {
		t.Fatal(err)
	}
	e.builds = map[string]*fakeBuild{}
	listener := bufconn.Listen(1 << 16)
	server := grpc.NewServer(e.fate.options()...)
	e.fate.take(server.Stop)
	e.archive.serve(server)
	controlapi.RegisterControlServer(server, fakeControl{fakeEngine: e})
	gatewayapi.RegisterLLBBridgeServer(server, fakeGateway{fakeEngine: e})
	var served sync.WaitGroup
	served.Go(func() { _ = server.Serve(listener) })
	d := &fakeDriver{listener: listener, name: cmp.Or(e.driver, embeddedDriver)}
	t.Cleanup(func() {
		if d.client != nil {
			_ = d.client.Close()
		}
		server.Stop()
		served.Wait()
	})
	node := builder.Node{Node: store.Node{Name: e.name}, Builder: "fake", Driver: &driver.DriverHandle{Driver: d}}
	node.Platforms = platforms
	return node
}

// fakeControl and fakeGateway are the services of a fake engine.
type (
	fakeControl struct {
		controlapi.UnimplementedControlServer
		*fakeEngine
	}
	fakeGateway struct {
		gatewayapi.UnimplementedLLBBridgeServer
		*fakeEngine
	}
)

func (e fakeControl) ListWorkers(context.Context, *controlapi.ListWorkersRequest) (*controlapi.ListWorkersResponse, error) {
	w := &apitypes.WorkerRecord{ID: e.name}
	if e.age != nil {
		w.BuildkitVersion = &apitypes.BuildkitVersion{Version: e.age.version}
		w.Platforms = []*pb.Platform{{OS: "linux", Architecture: "amd64"}}
	}
	return &controlapi.ListWorkersResponse{Record: []*apitypes.WorkerRecord{w}}, nil
}

// Session serves as a real engine does, so that sessions live as long.
func (e fakeControl) Session(stream controlapi.Control_SessionServer) error {
	conn, closed, opts := grpchijack.Hijack(stream)
	defer conn.Close()
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	go func() {
		<-closed
		cancel()
	}()
	return e.sessions.HandleConn(ctx, conn, opts)
}

func (e *fakeEngine) build(id string) *fakeBuild {
	e.mu.Lock()
	defer e.mu.Unlock()
	b := e.builds[id]
	if b == nil {
		b = &fakeBuild{known: make(chan struct{}), returned: make(chan *gatewayapi.ReturnRequest, 1), ended: make(chan struct{})}
		e.builds[id] = b
	}
	return b
}

// Solve waits for the result of a build, as all builds of bake come with the
// function that makes it, and exports that.
func (e fakeControl) Solve(ctx context.Context, req *controlapi.SolveRequest) (*controlapi.SolveResponse, error) {
	b := e.build(req.Ref)
	close(b.known)
	defer close(b.ended)
	select {
	case r := <-b.returned:
		if r.Error != nil {
			return nil, status.FromProto(r.Error).Err()
		}
		response, err := e.played.export(ctx, e.name, r.Result, req.Exporters)
		if err != nil {
			return nil, err
		}
		return &controlapi.SolveResponse{ExporterResponse: response}, nil
	case <-ctx.Done():
		return nil, status.FromContextError(ctx.Err()).Err()
	}
}

// Status has nothing to tell and ends with the build.
func (e fakeControl) Status(req *controlapi.StatusRequest, stream controlapi.Control_StatusServer) error {
	select {
	case <-e.build(req.Ref).ended:
	case <-stream.Context().Done():
	}
	return nil
}

// of is the build that a call of a gateway is about, once that is known.
func (e *fakeEngine) of(ctx context.Context) (*fakeBuild, error) {
	b := e.build(buildid.FromIncomingContext(ctx))
	select {
	case <-b.known:
		return b, nil
	case <-ctx.Done():
		return nil, status.FromContextError(ctx.Err()).Err()
	}
}

// during calls f for as long as the build lasts that ctx is about.
func (e *fakeEngine) during(ctx context.Context, f func(context.Context) error) error {
	b, err := e.of(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-b.ended:
			cancel()
		case <-ctx.Done():
		}
	}()
	err = f(ctx)
	if ctx.Err() != nil {
		return status.FromContextError(ctx.Err()).Err()
	}
	return err
}

func (e fakeGateway) Ping(ctx context.Context, _ *gatewayapi.PingRequest) (*gatewayapi.PongResponse, error) {
	if _, err := e.of(ctx); err != nil {
		return nil, err
	}
	return &gatewayapi.PongResponse{FrontendAPICaps: gatewayapi.Caps.All(), LLBCaps: e.caps()}, nil
}

func (e *fakeEngine) caps() []*cappb.APICap {
	return slices.DeleteFunc(pb.Caps.All(), func(c *cappb.APICap) bool {
		return e.age != nil && slices.Contains(e.age.lacks, apicaps.CapID(c.ID))
	})
}

func (e fakeGateway) Solve(ctx context.Context, req *gatewayapi.SolveRequest) (*gatewayapi.SolveResponse, error) {
	out := &gatewayapi.SolveResponse{}
	err := e.during(ctx, func(ctx context.Context) (err error) {
		if def := req.FrontendInputs["context:base"]; def != nil && len(req.FrontendOpt) == 1 { // it only uses it
			out.Result = &gatewayapi.Result{Result: &gatewayapi.Result_Ref{Ref: &gatewayapi.Ref{Id: "used", Def: def}}}
			return nil
		}
		if req.Definition != nil {
			out.Result = &gatewayapi.Result{Result: &gatewayapi.Result_Ref{Ref: &gatewayapi.Ref{Id: "kept", Def: req.Definition}}}
			if !req.Evaluate {
				return nil
			}
			return e.played.keep(ctx, e.name, req.Definition)
		}
		out.Result, err = e.played.load(ctx, e.name, req.FrontendOpt)
		return err
	})
	return out, err
}

func (e fakeGateway) Evaluate(ctx context.Context, req *gatewayapi.EvaluateRequest) (*gatewayapi.EvaluateResponse, error) {
	return &gatewayapi.EvaluateResponse{}, e.during(ctx, func(ctx context.Context) error { return e.played.evaluate(ctx, e.name, req.Ref) })
}

func (e fakeGateway) Return(ctx context.Context, req *gatewayapi.ReturnRequest) (*gatewayapi.ReturnResponse, error) {
	b, err := e.of(ctx)
	if err != nil {
		return nil, err
	}
	b.returned <- req
	return &gatewayapi.ReturnResponse{}, nil
}

// fakeDriver leads to a fake engine. Where it goes by the name of bake's own, the
// engine is not asked what it can do.
type fakeDriver struct {
	driver.Driver
	listener *bufconn.Listener
	client   *client.Client
	name     string
}

type fakeFactory struct {
	driver.Factory
	name string
}

func (f fakeFactory) Name() string { return f.name }

func (d *fakeDriver) Factory() driver.Factory { return fakeFactory{name: d.name} }

func (*fakeDriver) Info(context.Context) (*driver.Info, error) {
	return &driver.Info{Status: driver.Running}, nil
}

func (*fakeDriver) Features(context.Context) (map[driver.Feature]bool, error) {
	return map[driver.Feature]bool{driver.MultiPlatform: true, driver.OCIExporter: true}, nil
}

func (*fakeDriver) IsMobyDriver() bool { return false }

func (d *fakeDriver) Client(context.Context, ...client.ClientOpt) (*client.Client, error) {
	var err error
	d.client, err = client.New(context.Background(), "", client.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		return d.listener.DialContext(ctx)
	}))
	return d.client, err
}
