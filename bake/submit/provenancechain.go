package submit

import (
	"context"

	"github.com/moby/buildkit/client/llb"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
)

// maxProvenanceLinks is how far down a chain of links the provenance of a target
// tells by what requests the targets were made that it builds on. BuildKit keeps
// for each target the requests of all that it links to, again for each way that
// leads there, and once more for a Dockerfile that travels inside a definition:
// twice as much with every link, gigabytes after 14. Beyond that the lines are
// not told either that the steps of targets further down come from.
const maxProvenanceLinks = 3

// endProvenance makes what links to q, as result, not know the request that it
// was made by, where q stands at the end of many links. BuildKit tells what it
// knows of a definition, and nothing if it knows two things. The second one is
// that the definition is also the result of a Dockerfile which only uses it.
// Nothing else comes of that.
func (r *run) endProvenance(ctx context.Context, q *request, result *gateway.Result) {
	if !q.linked || q.depth <= maxProvenanceLinks || r.sessions.lasting(q) == nil {
		return
	}
	dockerfile, err := llb.Scratch().File(llb.Mkfile("/Dockerfile", 0o644, []byte("FROM base\n"))).Marshal(ctx)
	if err != nil {
		return
	}
	text := dockerfile.ToPB()
	// A build is not worse for too much provenance.
	_ = r.retained.of(r, q).solveEach(ctx, result, func(def *pb.Definition) gateway.SolveRequest {
		return gateway.SolveRequest{
			Frontend:       "dockerfile.v0",
			FrontendOpt:    map[string]string{"context:base": "input:context:base"},
			FrontendInputs: map[string]*pb.Definition{"context:base": def, "dockerfile": text},
		}
	})
}
