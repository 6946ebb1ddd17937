package frontend

import (
	"context"
	"fmt"

	"github.com/moby/buildkit/client/llb"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
)

// MaxDockerfileSize is the largest Dockerfile that is downloaded, in bytes.
const MaxDockerfileSize = 2 << 20

// ReadURL reads a Dockerfile that the engine downloads.
func ReadURL(ctx context.Context, c gateway.Client, url string) ([]byte, error) {
	const name = "Dockerfile"
	state := llb.HTTP(url, llb.Filename(name), llb.WithCustomNamef("[internal] load %s", url))
	text, err := ReadState(ctx, c, &state, name, MaxDockerfileSize+1)
	if len(text) > MaxDockerfileSize {
		return nil, fmt.Errorf("%s is bigger than %d bytes", url, MaxDockerfileSize)
	}
	return text, err
}

// ReadState reads a file of what a state is, or so many bytes of it.
func ReadState(ctx context.Context, c gateway.Client, state *llb.State, name string, most int) ([]byte, error) {
	def, err := state.Marshal(ctx)
	if err != nil {
		return nil, err
	}
	return ReadDefinition(ctx, c, def.ToPB(), name, most)
}

// ReadDefinition reads a file of what a definition makes, or so many bytes of it.
func ReadDefinition(ctx context.Context, c gateway.Client, def *pb.Definition, name string, most int) ([]byte, error) {
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
