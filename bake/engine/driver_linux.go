package engine

import (
	"context"
	"errors"
	"net"
	"os"

	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/driver"
	"github.com/docker/buildx/store"
	"github.com/docker/buildx/util/progress"
	"github.com/moby/buildkit/client"
	dockerclient "github.com/moby/moby/client"
)

// DriverName is the name of the engine among buildx's drivers.
const DriverName = "embedded"

func init() { driver.Register(&factory{}) }

// Nodes returns the one node that the engine of cfg is. Nothing is started
// before its driver is asked for a client, and nothing of Docker's
// configuration is read or written.
func Nodes(cfg Config) ([]builder.Node, error) {
	socket, err := socketPath(cfg)
	if err != nil {
		return nil, err
	}
	d := &embedded{factory: &factory{}, cfg: cfg, init: driver.InitConfig{Name: DriverName, EndpointAddr: "unix://" + socket}}
	return []builder.Node{{
		Node:    store.Node{Name: DriverName},
		Builder: DriverName,
		Driver:  &driver.DriverHandle{Driver: d},
	}}, nil
}

// factory makes the driver for buildx's own builder selection, where the
// configuration can only come from the environment.
type factory struct{}

func (*factory) Name() string  { return DriverName }
func (*factory) Usage() string { return "the BuildKit inside bake" }

// Priority is lower than that of all others: it is never chosen by accident.
func (*factory) Priority(context.Context, string, dockerclient.APIClient, map[string][]string) int {
	return 1000
}

func (*factory) AllowsInstances() bool { return true }

func (f *factory) New(_ context.Context, init driver.InitConfig) (driver.Driver, error) {
	if len(init.Files) > 0 || len(init.BuildkitdFlags) > 0 || len(init.DriverOpts) > 0 {
		return nil, errors.New("the embedded driver takes no files, flags or options: set BAKE_ENGINE_* variables instead")
	}
	cfg, err := Default(os.Getenv)
	if err != nil {
		return nil, err
	}
	return &embedded{factory: f, cfg: cfg, init: init}, nil
}

// embedded is the driver of one engine.
type embedded struct {
	factory driver.Factory
	cfg     Config
	init    driver.InitConfig
}

var _ driver.Driver = (*embedded)(nil)

// Bootstrap starts the engine, as one step of the progress.
func (d *embedded) Bootstrap(ctx context.Context, l progress.Logger) error {
	cfg := d.cfg
	cfg.announced = l != nil
	return progress.Wrap("[internal] starting the embedded engine", l, func(progress.SubLogger) error {
		return Start(ctx, cfg)
	})
}

// Info reports whether the engine runs. It never starts it.
func (d *embedded) Info(ctx context.Context) (*driver.Info, error) {
	conn, err := connect(ctx, d.cfg)
	if errors.Is(err, errNotRunning) {
		return &driver.Info{Status: driver.Stopped}, nil
	}
	if err != nil {
		return nil, err
	}
	conn.Close()
	return &driver.Info{Status: driver.Running}, nil
}

// Version is the version of BuildKit.
func (d *embedded) Version(ctx context.Context) (string, error) {
	r, _, err := look(ctx, d.cfg)
	return r.BuildKit, err
}

// Stop stops the engine. It starts again when it is needed.
func (d *embedded) Stop(ctx context.Context, _ bool) error { return Stop(ctx, d.cfg) }

// Rm stops the engine; its state stays, as `bake engine prune` is for that.
func (d *embedded) Rm(ctx context.Context, _, _, rmDaemon bool) error {
	if !rmDaemon {
		return nil
	}
	return Stop(ctx, d.cfg)
}

// Dial connects to the engine, starting it when it does not run.
func (d *embedded) Dial(ctx context.Context) (net.Conn, error) { return connectOrStart(ctx, d.cfg) }

// Client returns a client of the engine, starting it when it does not run.
func (d *embedded) Client(ctx context.Context, opts ...client.ClientOpt) (*client.Client, error) {
	return newClient(ctx, d.cfg, append(opts, rememberAnswers())...)
}

// Features implements driver.Driver.
func (d *embedded) Features(context.Context) (map[driver.Feature]bool, error) {
	return map[driver.Feature]bool{
		driver.OCIExporter:    true,
		driver.DockerExporter: true,
		driver.CacheExport:    true,
		driver.MultiPlatform:  true,
		driver.DirectPush:     true,
		driver.DefaultLoad:    false,
	}, nil
}

// HostGatewayIP implements driver.Driver: containers share the host's network.
func (d *embedded) HostGatewayIP(context.Context) (net.IP, error) {
	return net.IPv4(127, 0, 0, 1), nil
}

func (d *embedded) Factory() driver.Factory   { return d.factory }
func (d *embedded) IsMobyDriver() bool        { return false }
func (d *embedded) Config() driver.InitConfig { return d.init }
