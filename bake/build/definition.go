package build

import (
	"bytes"
	"context"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

// step is one vertex of a definition.
type step struct {
	digest digest.Digest
	work   bool // runs or copies something, as opposed to naming a source
}

// definitionSteps lists the vertices that a result is made of.
func definitionSteps(res *gateway.Result) []step {
	var out []step
	seen := map[digest.Digest]bool{}
	_ = res.EachRef(func(ref gateway.Reference) error {
		if ref == nil {
			return nil
		}
		state, err := ref.ToState()
		if err != nil {
			return nil // an engine that does not return definitions
		}
		def, err := state.Marshal(context.Background())
		if err != nil {
			return nil
		}
		for _, data := range def.Def {
			var op pb.Op
			if d := digest.FromBytes(data); !seen[d] && !bytes.Equal(data, nil) && op.UnmarshalVT(data) == nil && op.Op != nil {
				seen[d] = true
				out = append(out, step{digest: d, work: op.GetExec() != nil || op.GetFile() != nil})
			}
		}
		return nil
	})
	return out
}
