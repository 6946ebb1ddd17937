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
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// embeddedDriver is the name of the driver of bake's own engine, whose
// abilities need no probe.
const embeddedDriver = "embedded"

// remoteDriver is the name of buildx's driver for a BuildKit that somebody else
// has started.
const remoteDriver = "remote"

// node is one BuildKit that targets are sent to.
type node struct {
	builder.Node
	client    *client.Client
	platforms []ocispecs.Platform
	features  map[driver.Feature]bool
	caps      apicaps.CapSet
	version   string            // of its BuildKit, as "v0.12.5", empty for one that does not say
	native    ocispecs.Platform // what it runs without emulation
	embedded  bool
	further   bool // not the first of its builder

	// old is set if the engine's own Dockerfile frontend does not know that
	// sources have sessions: BuildKit before 0.12 (Docker 25). It only looks at
	// the session of its job. The ability that tells came one version later.
	old bool

	connections connections
}

// connect starts the node if it does not run and asks what it can do. The
// connection ends with the second context.
func connect(ctx, lasting context.Context, n builder.Node, progress *progress) (*node, error) {
	out := &node{Node: n, embedded: n.Driver.Factory().Name() == embeddedDriver}
	err := handshake(ctx, n)
	if failed := (*unreachableError)(nil); errors.As(err, &failed) {
		failed.err = fmt.Errorf("cannot talk to builder %s at %s: %w", n.Builder, n.Endpoint, failed.err)
		return nil, failed
	}
	if out.client, err = driver.Boot(ctx, lasting, n.Driver, progress); err != nil {
		return nil, &unreachableError{err: fmt.Errorf("cannot reach builder %s: %w", n.Builder, err)}
	}
	if out.features, err = n.Driver.Features(ctx); err != nil {
		return nil, out.unanswered("what it can do", err)
	}
	out.platforms = n.Platforms
	out.native = platforms.Normalize(platforms.DefaultSpec())
	if out.embedded {
		return out, nil
	}
	workers, err := out.client.ListWorkers(ctx)
	if err != nil {
		return nil, out.unanswered("for its workers", err)
	}
	for _, w := range workers {
		out.platforms = append(out.platforms, w.Platforms...)
	}
	if len(workers) > 0 {
		out.version = workers[0].BuildkitVersion.Version
	}
	if len(workers) > 0 && len(workers[0].Platforms) > 0 {
		out.native = workers[0].Platforms[0]
	}
	return out, out.probe(ctx)
}

// unanswered is the error of a question to a builder that is there, as far as its
// driver knows. One that went away between two questions was lost.
func (n *node) unanswered(question string, err error) error {
	if lost := n.recognise(err); Lost(lost) && !strings.Contains(err.Error(), dialText) {
		return lost
	}
	return &unreachableError{err: fmt.Errorf("cannot ask builder %s %s: %w", n.Builder, question, err)}
}

// gone returns an error if the node does not answer any more. Bake's own engine
// is not asked: it would be started again for that.
func (n *node) gone(ctx context.Context) error {
	if n.embedded {
		return nil
	}
	if _, err := n.client.ListWorkers(ctx); connectionEnded(err) {
		return n.lost(err)
	}
	return nil
}

// probe asks the engine for its capabilities.
func (n *node) probe(ctx context.Context) error {
	_, err := n.client.Build(ctx, client.SolveOpt{Internal: true}, "", func(_ context.Context, c gateway.Client) (*gateway.Result, error) {
		n.caps = c.BuildOpts().LLBCaps
		return nil, nil
	}, nil)
	if err = n.recognise(err); Lost(err) {
		return err
	}
	if err != nil {
		return fmt.Errorf("cannot ask builder %s for its capabilities: %w", n.Builder, err)
	}
	n.old = !n.supports(pb.CapMultipleExporters)
	return nil
}

// vertex is the identity of a vertex of this node in the progress and the
// report, where those of all nodes meet: nodes do the same under the same digest.
func (n *node) vertex(d digest.Digest) digest.Digest {
	if n == nil || !n.further {
		return d
	}
	return digest.FromString(n.Name + "\x00" + string(d))
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

// platform is that of the node itself.
func (n *node) platform() *ocispecs.Platform {
	p := platforms.DefaultSpec()
	if len(n.platforms) > 0 {
		p = n.platforms[0]
	}
	p = platforms.Normalize(p)
	return &p
}

// steps lists the vertices that a result of the node is made of.
func (n *node) steps(res *gateway.Result) []step {
	out := definitionSteps(res)
	for i := range out {
		out[i].shown = n.vertex(out[i].shown)
	}
	return out
}

// keepsRecords reports whether the node keeps records of builds. It returns an
// error if it went away, which its driver takes for a no.
func (n *node) keepsRecords(ctx context.Context) (bool, error) {
	if n.embedded || n.Driver.HistoryAPISupported(ctx) {
		return true, nil
	}
	return false, n.gone(ctx)
}

// lost says that the node went away.
func (n *node) lost(err error) error { return &lostError{n.words(), err} }

// words name the node in a sentence.
func (n *node) words() string {
	if n.embedded {
		return "the embedded engine"
	}
	return "builder " + n.Builder
}

// recognise makes an error of the node that tells of the end of its connection
// one that says that the node is lost.
func (n *node) recognise(err error) error {
	if Lost(err) || !Ended(err) {
		return err
	}
	return n.lost(err)
}
