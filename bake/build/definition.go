package build

import (
	"context"
	"strings"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

const localScheme = "local://"

// step is one vertex of a definition.
type step struct {
	written digest.Digest   // its digest in the definition
	shown   digest.Digest   // its digest in progress and errors
	work    bool            // runs or copies something, as opposed to naming a source
	source  *errdefs.Source // the lines of the Dockerfile it comes from, nil if unknown

	platform *pb.Platform // that a command runs on, nil for other steps
}

// definitionSteps lists the vertices that a result is made of. It is empty for
// an engine that does not return definitions.
func definitionSteps(res *gateway.Result) []step {
	var out []step
	seen := map[digest.Digest]bool{}
	for _, def := range definitions(res) {
		for _, s := range stepsOf(def) {
			if !seen[s.written] {
				seen[s.written] = true
				out = append(out, s)
			}
		}
	}
	return out
}

// definitions are those of the references of a result, which may be nil.
func definitions(res *gateway.Result) []*pb.Definition {
	var out []*pb.Definition
	if res == nil {
		return nil
	}
	_ = res.EachRef(func(ref gateway.Reference) error {
		if ref == nil {
			return nil
		}
		state, err := ref.ToState()
		if err != nil {
			return nil
		}
		if def, err := state.Marshal(context.Background()); err == nil {
			out = append(out, def.ToPB())
		}
		return nil
	})
	return out
}

// shownSteps are the vertices of steps as the engine shows them.
func shownSteps(steps []step) []digest.Digest {
	var out []digest.Digest
	for _, s := range steps {
		out = append(out, s.shown)
	}
	return out
}

// stepsOf lists the vertices of one definition.
func stepsOf(def *pb.Definition) []step {
	d := digests{ops: map[digest.Digest]*pb.Op{}, shown: map[digest.Digest]digest.Digest{}}
	var order []digest.Digest
	for _, data := range def.Def {
		op := &pb.Op{}
		if op.Unmarshal(data) != nil {
			continue
		}
		written := digest.FromBytes(data)
		order = append(order, written)
		d.ops[written] = op
	}
	var out []step
	for _, written := range order {
		op := d.ops[written]
		if op.Op == nil {
			continue // the last one only points at the result
		}
		s := step{
			written: written, shown: d.of(written), source: locate(def.Source, written),
			work: works(op),
		}
		if op.GetExec() != nil {
			s.platform = op.Platform
		}
		out = append(out, s)
	}
	return out
}

// works reports whether an operation runs or copies something.
func works(op *pb.Op) bool { return op.GetExec() != nil || op.GetFile() != nil }

func isLocal(src *pb.SourceOp) bool { return strings.HasPrefix(src.Identifier, localScheme) }

// digests finds out what the engine calls a vertex. It gives a local directory
// the name that stands before its session id, see local.session, after it
// received the definition, and so changes the digests of all that follows.
type digests struct {
	ops   map[digest.Digest]*pb.Op
	shown map[digest.Digest]digest.Digest
}

func (d *digests) of(written digest.Digest) digest.Digest {
	if shown, ok := d.shown[written]; ok {
		return shown
	}
	d.shown[written] = written
	op := d.ops[written]
	if op == nil {
		return written
	}
	changed := renameLocal(op)
	for _, in := range op.Inputs {
		if shown := d.of(digest.Digest(in.Digest)); string(shown) != in.Digest {
			in.Digest = string(shown)
			changed = true
		}
	}
	if !changed {
		return written
	}
	data, err := op.Marshal()
	if err != nil {
		return written
	}
	d.shown[written] = digest.FromBytes(data)
	return d.shown[written]
}

// renameLocal does to a local source what the engine does.
func renameLocal(op *pb.Op) bool {
	src := op.GetSource()
	if src == nil {
		return false
	}
	name, ok := strings.CutPrefix(src.Identifier, localScheme)
	prefix, _, named := strings.Cut(src.Attrs[pb.AttrLocalSessionID], ":")
	if !ok || !named {
		return false
	}
	src.Identifier = localScheme + prefix + "-" + name
	return true
}

// locate returns the lines that a vertex comes from.
func locate(src *pb.Source, written digest.Digest) *errdefs.Source {
	if src == nil || src.Locations[string(written)] == nil {
		return nil
	}
	for _, l := range src.Locations[string(written)].Locations {
		if l != nil && int(l.SourceIndex) < len(src.Infos) {
			return &errdefs.Source{Info: src.Infos[l.SourceIndex], Ranges: l.Ranges}
		}
	}
	return nil
}
