package vertex

import (
	"context"
	"strings"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

const LocalScheme = "local://"

// Step is one vertex of a definition.
type Step struct {
	written digest.Digest   // its digest in the definition
	Shown   digest.Digest   // its digest in progress and errors
	Work    bool            // runs or copies something, as opposed to naming a source
	Source  *errdefs.Source // the lines of the Dockerfile it comes from, nil if unknown

	Platform *pb.Platform // that a command runs on, nil for other steps
}

// DefinitionSteps lists the vertices that a result is made of. It is empty for
// an engine that does not return definitions.
func DefinitionSteps(res *gateway.Result) []Step {
	var out []Step
	seen := map[digest.Digest]bool{}
	for _, def := range Definitions(res) {
		for _, s := range Of(def) {
			if !seen[s.written] {
				seen[s.written] = true
				out = append(out, s)
			}
		}
	}
	return out
}

// Definitions are those of the references of a result, which may be nil.
func Definitions(res *gateway.Result) []*pb.Definition {
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
		if def, err := Definition(context.Background(), state); err == nil {
			out = append(out, def)
		}
		return nil
	})
	return out
}

// ShownSteps are the vertices of steps as the engine shows them.
func ShownSteps(steps []Step) []digest.Digest {
	var out []digest.Digest
	for _, s := range steps {
		out = append(out, s.Shown)
	}
	return out
}

// Of lists the vertices of one definition.
func Of(def *pb.Definition) []Step {
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
	var out []Step
	for _, written := range order {
		op := d.ops[written]
		if op.Op == nil {
			continue // the last one only points at the result
		}
		s := Step{
			written: written, Shown: d.of(written), Source: locate(def.Source, written),
			Work: works(op),
		}
		if op.GetExec() != nil {
			s.Platform = op.Platform
		}
		out = append(out, s)
	}
	return out
}

// works reports whether an operation runs or copies something.
func works(op *pb.Op) bool { return op.GetExec() != nil || op.GetFile() != nil }

func isLocal(src *pb.SourceOp) bool { return strings.HasPrefix(src.Identifier, LocalScheme) }

// digests finds out what the engine calls a vertex. It gives a local directory
// the name that stands before its session id, see source.Local.Session, after it
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
	name, ok := strings.CutPrefix(src.Identifier, LocalScheme)
	prefix, _, named := strings.Cut(src.Attrs[pb.AttrLocalSessionID], ":")
	if !ok || !named {
		return false
	}
	src.Identifier = LocalScheme + prefix + "-" + name
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
