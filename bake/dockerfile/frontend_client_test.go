package dockerfile

import (
	"context"
	"errors"
	"os"

	"bake/bake"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	gatewaypb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	fstypes "github.com/tonistiigi/fsutil/types"
)

// frontendClient is what the frontend asks a builder, which has nothing but images
// and empty directories.
type frontendClient struct {
	registry
	opts map[string]string
}

// contextOpts tells the frontend of named contexts, as the client of a builder does.
func contextOpts(contexts Contexts) map[string]string {
	out := map[string]string{}
	for key, c := range contexts {
		value := c.Value
		if c.IsFiles() {
			value = "local:" + bake.ContextName(c.Key)
		}
		out["context:"+key] = value
	}
	return out
}

func (c *frontendClient) BuildOpts() gateway.BuildOpts {
	return gateway.BuildOpts{Opts: c.opts, LLBCaps: pb.Caps.CapSet(pb.Caps.All()), Caps: gatewaypb.Caps.CapSet(gatewaypb.Caps.All()), SessionID: "session"}
}

func (c *frontendClient) Solve(context.Context, gateway.SolveRequest) (*gateway.Result, error) {
	result := gateway.NewResult()
	result.SetRef(emptyDir{})
	return result, nil
}

func (*frontendClient) Inputs(context.Context) (map[string]llb.State, error) { return nil, nil }

func (*frontendClient) NewContainer(context.Context, gateway.NewContainerRequest) (gateway.Container, error) {
	return nil, errors.ErrUnsupported
}

func (*frontendClient) ResolveSourceMetadata(context.Context, *pb.SourceOp, sourceresolver.Opt) (*sourceresolver.MetaResponse, error) {
	return nil, errors.ErrUnsupported
}

type emptyDir struct{}

func (emptyDir) ToState() (llb.State, error)    { return llb.Scratch(), nil }
func (emptyDir) Evaluate(context.Context) error { return nil }
func (emptyDir) ReadFile(context.Context, gateway.ReadRequest) ([]byte, error) {
	return nil, os.ErrNotExist
}
func (emptyDir) StatFile(context.Context, gateway.StatRequest) (*fstypes.Stat, error) {
	return nil, os.ErrNotExist
}
func (emptyDir) ReadDir(context.Context, gateway.ReadDirRequest) ([]*fstypes.Stat, error) {
	return nil, nil
}

// Warn is not asked for: the model has no warnings.
func (*frontendClient) Warn(context.Context, digest.Digest, string, gateway.WarnOpts) error {
	return nil
}
