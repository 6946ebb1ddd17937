package build

import (
	"context"
	"path"
	"strings"

	"github.com/moby/buildkit/client/llb"
	"github.com/opencontainers/go-digest"
)

// loadVertices returns the vertices with which the frontend reads the
// Dockerfile and the ignore file of q. They are in no definition, and one job
// may load many targets, so their digests are all there is to tell which
// target they belong to. A frontend of another version may use others: its
// vertices are then shown without a target.
func (q *request) loadVertices(session string) []digest.Digest {
	var out []digest.Digest
	d := q.inputs.dockerfile
	if q.definition != nil {
		return []digest.Digest{q.node.vertex(stepsOf(q.definition)[0].shown)}
	}
	for _, l := range q.inputs.locals {
		switch l.plain {
		case "dockerfile":
			files := []string{d.name, d.name + ".dockerignore"}
			if path.Base(d.name) == "Dockerfile" {
				files = append(files, path.Join(path.Dir(d.name), strings.ToLower("Dockerfile")))
			}
			out = append(out, q.node.vertex(readVertex(l, session, l.key, files)))
		case "context":
			out = append(out, q.node.vertex(readVertex(l, session, l.key+"-.dockerignore", []string{".dockerignore"})))
		}
	}
	return out
}

// readVertex is the digest of a vertex that reads a few files of a source.
func readVertex(l local, session, hint string, files []string) digest.Digest {
	state := llb.Local(l.key, llb.FollowPaths(files), llb.SessionID(l.session(session)),
		llb.SharedKeyHint(hint), llb.Differ(llb.DiffNone, false))
	def, err := state.Marshal(context.Background())
	if err != nil {
		return ""
	}
	if steps := stepsOf(def.ToPB()); len(steps) > 0 {
		return steps[0].shown
	}
	return ""
}
