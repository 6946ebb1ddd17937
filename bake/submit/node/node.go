package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"bake/bake/submit/failure"
	"bake/bake/submit/progress"
	"bake/bake/submit/vertex"

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

// RemoteDriver is the name of buildx's driver for a BuildKit that somebody else
// has started.
const RemoteDriver = "remote"

// Node is one BuildKit that targets are sent to.
type Node struct {
	builder.Node
	Client    *client.Client
	Platforms []ocispecs.Platform
	Features  map[driver.Feature]bool
	Caps      apicaps.CapSet
	Version   string            // of its BuildKit, as "v0.12.5", empty for one that does not say
	Native    ocispecs.Platform // what it runs without emulation
	Embedded  bool
	further   bool // not the first of its builder

	// old is set if the engine's own Dockerfile frontend does not know that
	// sources have sessions: BuildKit before 0.12 (Docker 25). It only looks at
	// the session of its job. The ability that tells came one version later.
	Old bool

	connections connections
}

// connect starts the node if it does not run and asks what it can do. The
// connection ends with the second context.
func connect(ctx, lasting context.Context, n builder.Node, progress *progress.Tracker) (*Node, error) {
	out := &Node{Node: n, Embedded: n.Driver.Factory().Name() == embeddedDriver}
	why, err := handshake(ctx, n)
	if failed := (*failure.UnreachableError)(nil); errors.As(err, &failed) {
		failed.Err = fmt.Errorf("cannot talk to builder %s at %s: %w", n.Builder, n.Endpoint, failed.Err)
		return nil, failed
	}
	if out.Client, err = driver.Boot(ctx, lasting, n.Driver, progress); err != nil {
		if why != nil && ctx.Err() == nil {
			return nil, &failure.UnreachableError{Err: fmt.Errorf("cannot reach builder %s at %s: %w", n.Builder, n.Endpoint, why)}
		}
		return nil, &failure.UnreachableError{Err: fmt.Errorf("cannot reach builder %s: %w", n.Builder, err)}
	}
	if out.Features, err = n.Driver.Features(ctx); err != nil {
		return nil, out.unanswered("what it can do", err)
	}
	out.Platforms = n.Platforms
	out.Native = platforms.Normalize(platforms.DefaultSpec())
	if out.Embedded {
		return out, nil
	}
	workers, err := out.Client.ListWorkers(ctx)
	if err != nil {
		return nil, out.unanswered("for its workers", err)
	}
	for _, w := range workers {
		out.Platforms = append(out.Platforms, w.Platforms...)
	}
	if len(workers) > 0 {
		out.Version = workers[0].BuildkitVersion.Version
	}
	if len(workers) > 0 && len(workers[0].Platforms) > 0 {
		out.Native = workers[0].Platforms[0]
	}
	return out, out.probe(ctx)
}

// unanswered is the error of a question to a builder that is there, as far as its
// driver knows. One that went away between two questions was lost.
func (n *Node) unanswered(question string, err error) error {
	if lost := n.Recognise(err); failure.Lost(lost) && !strings.Contains(err.Error(), failure.DialText) {
		return lost
	}
	return &failure.UnreachableError{Err: fmt.Errorf("cannot ask builder %s %s: %w", n.Builder, question, err)}
}

// Gone returns an error if the node does not answer any more. Bake's own engine
// is not asked: it would be started again for that.
func (n *Node) Gone(ctx context.Context) error {
	if n.Embedded {
		return nil
	}
	if _, err := n.Client.ListWorkers(ctx); failure.ConnectionEnded(err) {
		return n.Lost(err)
	}
	return nil
}

// probe asks the engine for its capabilities.
func (n *Node) probe(ctx context.Context) error {
	_, err := n.Client.Build(ctx, client.SolveOpt{Internal: true}, "", func(_ context.Context, c gateway.Client) (*gateway.Result, error) {
		n.Caps = c.BuildOpts().LLBCaps
		return nil, nil
	}, nil)
	if err = n.Recognise(err); failure.Lost(err) {
		return err
	}
	if err != nil {
		return fmt.Errorf("cannot ask builder %s for its capabilities: %w", n.Builder, err)
	}
	n.Old = !n.Supports(pb.CapMultipleExporters)
	return nil
}

// Vertex is the identity of a vertex of this node in the progress and the
// report, where those of all nodes meet: nodes do the same under the same digest.
func (n *Node) Vertex(d digest.Digest) digest.Digest {
	if n == nil || !n.further {
		return d
	}
	return digest.FromString(n.Name + "\x00" + string(d))
}

// Supports reports whether the engine has a capability.
func (n *Node) Supports(id apicaps.CapID) bool { return n.Embedded || n.Caps.Contains(id) }

// Attests reports whether images of this node may carry attestations.
func (n *Node) Attests() bool {
	return n.Features[driver.MultiPlatform] && n.Supports("exporter.image.attestations")
}

// GatewayIP is the address that stands for "host-gateway".
func (n *Node) GatewayIP(ctx context.Context) func() (net.IP, error) {
	return func() (net.IP, error) { return n.Driver.HostGatewayIP(ctx) }
}

// Needs returns an error if the driver lacks a feature.
func (n *Node) Needs(f driver.Feature) error {
	if n.Features[f] {
		return nil
	}
	return fmt.Errorf("%s is not supported by the %s driver: use another builder", f, n.Driver.Factory().Name())
}

// Platform is that of the node itself.
func (n *Node) Platform() *ocispecs.Platform {
	p := platforms.DefaultSpec()
	if len(n.Platforms) > 0 {
		p = n.Platforms[0]
	}
	p = platforms.Normalize(p)
	return &p
}

// Steps lists the vertices that a result of the node is made of.
func (n *Node) Steps(res *gateway.Result) []vertex.Step {
	out := vertex.DefinitionSteps(res)
	for i := range out {
		out[i].Shown = n.Vertex(out[i].Shown)
	}
	return out
}

// KeepsRecords reports whether the node keeps records of builds. It returns an
// error if it went away, which its driver takes for a no.
func (n *Node) KeepsRecords(ctx context.Context) (bool, error) {
	if n.Embedded || n.Driver.HistoryAPISupported(ctx) {
		return true, nil
	}
	return false, n.Gone(ctx)
}

// Lost says that the node went away.
func (n *Node) Lost(err error) error { return &failure.LostError{Builder: n.words(), Err: err} }

// words name the node in a sentence.
func (n *Node) words() string {
	if n.Embedded {
		return "the embedded engine"
	}
	return "builder " + n.Builder
}

// Recognise makes an error of the node that tells of the end of its connection
// one that says that the node is lost.
func (n *Node) Recognise(err error) error {
	if failure.Lost(err) || !failure.Ended(err) {
		return err
	}
	return n.Lost(err)
}
