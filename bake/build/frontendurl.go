package build

import (
	"context"
	"fmt"

	"github.com/moby/buildkit/client/llb"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
)

// maxDockerfileSize is the largest Dockerfile that is downloaded, in bytes.
const maxDockerfileSize = 2 << 20

func readURL(ctx context.Context, c gateway.Client, url string) ([]byte, error) {
	const name = "Dockerfile"
	state := llb.HTTP(url, llb.Filename(name), llb.WithCustomNamef("[internal] load %s", url))
	text, err := readState(ctx, c, &state, name, maxDockerfileSize+1)
	if len(text) > maxDockerfileSize {
		return nil, fmt.Errorf("%s is bigger than %d bytes", url, maxDockerfileSize)
	}
	return text, err
}

// readState reads a file of what a state is, or so many bytes of it.
func readState(ctx context.Context, c gateway.Client, state *llb.State, name string, most int) ([]byte, error) {
	def, err := state.Marshal(ctx)
	if err != nil {
		return nil, err
	}
	return readDefinition(ctx, c, def.ToPB(), name, most)
}

func readDefinition(ctx context.Context, c gateway.Client, def *pb.Definition, name string, most int) ([]byte, error) {
	res, err := c.Solve(ctx, gateway.SolveRequest{Definition: def})
	if err != nil {
		return nil, err
	}
	ref, err := res.SingleRef()
	if err != nil {
		return nil, err
	}
	return ref.ReadFile(ctx, gateway.ReadRequest{Filename: name, Range: &gateway.FileRange{Length: most}})
}
