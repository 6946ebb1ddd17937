package vertex

import (
	"context"

	"bake/bake/submit/source"

	"github.com/moby/buildkit/client/llb"
	"github.com/opencontainers/go-digest"
)

// Read is the digest of a vertex that reads a few files of a source.
func Read(l source.Local, session, hint string, files []string) digest.Digest {
	state := llb.Local(l.Key, llb.FollowPaths(files), llb.SessionID(l.Session(session)),
		llb.SharedKeyHint(hint), llb.Differ(llb.DiffNone, false))
	def, err := state.Marshal(context.Background())
	if err != nil {
		return ""
	}
	if steps := Of(def.ToPB()); len(steps) > 0 {
		return steps[0].Shown
	}
	return ""
}
