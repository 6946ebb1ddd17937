package build

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/containerd/platforms"
	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/driver"
	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// embeddedDriver is the name of the driver of bake's own engine, whose
// abilities need no probe.
const embeddedDriver = "embedded"

// node is one BuildKit that targets are sent to.
type node struct {
	builder.Node
	client    *client.Client
	platforms []ocispecs.Platform
	features  map[driver.Feature]bool
	caps      apicaps.CapSet
	embedded  bool

	// old is set if the engine's own Dockerfile frontend knows neither that
	// sources have names and sessions nor, perhaps, named contexts: BuildKit
	// before 0.12 (Docker 25). The ability that tells came one version later.
	old bool
}

// connect starts the node if it does not run and asks what it can do.
func connect(ctx context.Context, n builder.Node, progress *progress) (*node, error) {
	out := &node{Node: n, embedded: n.Driver.Factory().Name() == embeddedDriver}
	var err error
	if out.client, err = driver.Boot(ctx, ctx, n.Driver, progress); err != nil {
		return nil, &unreachableError{fmt.Errorf("cannot reach builder %s: %w", n.Builder, err)}
	}
	out.features = n.Driver.Features(ctx)
	out.platforms = n.Platforms
	if out.embedded {
		return out, nil
	}
	workers, err := out.client.ListWorkers(ctx)
	if err != nil {
		return nil, &unreachableError{fmt.Errorf("cannot ask builder %s for its workers: %w", n.Builder, err)}
	}
	for _, w := range workers {
		out.platforms = append(out.platforms, w.Platforms...)
	}
	return out, out.probe(ctx)
}

// probe asks the engine for its capabilities.
func (n *node) probe(ctx context.Context) error {
	_, err := n.client.Build(ctx, client.SolveOpt{Internal: true}, "", func(_ context.Context, c gateway.Client) (*gateway.Result, error) {
		n.caps = c.BuildOpts().LLBCaps
		return nil, nil
	}, nil)
	if err != nil {
		return fmt.Errorf("cannot ask builder %s for its capabilities: %w", n.Builder, err)
	}
	n.old = !n.supports(pb.CapMultipleExporters)
	return nil
}

// describeBuilder names a builder for the report.
func describeBuilder(nodes []builder.Node) BuilderReport {
	var out BuilderReport
	for _, n := range nodes {
		out.Name = n.Builder
		out.Nodes = append(out.Nodes, n.Name)
		if n.Driver != nil {
			out.Driver = n.Driver.Factory().Name()
		}
	}
	return out
}

// supports reports whether the engine has a capability.
func (n *node) supports(id apicaps.CapID) bool { return n.embedded || n.caps.Contains(id) }

// attests reports whether images of this node may carry attestations.
func (n *node) attests() bool {
	return n.features[driver.MultiPlatform] && n.supports("exporter.image.attestations")
}

// gatewayIP is the address that stands for "host-gateway".
func (n *node) gatewayIP(ctx context.Context) func() (net.IP, error) {
	return func() (net.IP, error) { return n.Driver.HostGatewayIP(ctx) }
}

// needs returns an error if the driver lacks a feature.
func (n *node) needs(f driver.Feature) error {
	if n.features[f] {
		return nil
	}
	return fmt.Errorf("%s is not supported by the %s driver: use another builder", f, n.Driver.Factory().Name())
}

// cluster picks a node for each target and connects to it on first use.
type cluster struct {
	nodes     []builder.Node
	connected map[int]*node
	progress  *progress
}

func newCluster(nodes []builder.Node, p *progress) (*cluster, error) {
	c := &cluster{connected: map[int]*node{}, progress: p}
	err := errors.New("there is no builder to build on")
	for _, n := range nodes {
		switch {
		case n.Err != nil:
			err = &unreachableError{fmt.Errorf("builder %s: %w", n.Builder, n.Err)}
		case n.Driver != nil:
			c.nodes = append(c.nodes, n)
		}
	}
	if len(c.nodes) == 0 {
		return nil, err
	}
	return c, nil
}

// pick returns the node for a target that builds for pp: the first that names
// all of these platforms as its own, else the first that runs them.
func (c *cluster) pick(ctx context.Context, pp []ocispecs.Platform) (*node, error) {
	if len(c.nodes) == 1 || len(pp) == 0 {
		return c.node(ctx, 0)
	}
	for i, n := range c.nodes {
		if covers(n.Platforms, pp) {
			return c.node(ctx, i)
		}
	}
	for i := range c.nodes {
		n, err := c.node(ctx, i)
		if err != nil {
			return nil, err
		}
		if covers(n.platforms, pp) {
			return n, nil
		}
	}
	return nil, in("platforms", "", fmt.Errorf("no node of the builder runs all of %s, and splitting a target over nodes is not supported yet",
		strings.ReplaceAll(formatPlatforms(pp), ",", ", ")))
}

func covers(have, want []ocispecs.Platform) bool {
	for _, w := range want {
		found := false
		for _, h := range have {
			found = found || platforms.Only(h).Match(w)
		}
		if !found {
			return false
		}
	}
	return true
}

func (c *cluster) node(ctx context.Context, i int) (*node, error) {
	if n := c.connected[i]; n != nil {
		return n, nil
	}
	n, err := connect(ctx, c.nodes[i], c.progress)
	if err == nil {
		c.connected[i] = n
	}
	return n, err
}
