package vertex

import (
	"context"
	"slices"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

// Definition is the definition of a state, in which each vertex comes from a line
// of a Dockerfile once. BuildKit notes it again for every way that leads to the
// vertex: where a target uses two targets that use the same one, and so on, that
// is twice as much with each.
func Definition(ctx context.Context, state llb.State) (*pb.Definition, error) {
	def, err := state.Marshal(ctx)
	if err != nil {
		return nil, err
	}
	out := def.ToPB()
	for _, where := range out.GetSource().GetLocations() {
		where.Locations = distinct(where.Locations)
	}
	return out, nil
}

// distinct leaves out locations that are there already.
func distinct(all []*pb.Location) []*pb.Location {
	out := all[:0]
	for _, l := range all {
		if !slices.ContainsFunc(out, func(known *pb.Location) bool { return known.EqualVT(l) }) {
			out = append(out, l)
		}
	}
	return out
}

// Thin leaves out of a definition what the engine needs only once of a vertex
// that is part of many: which abilities it takes, and which line it comes from.
func Thin(def *pb.Definition) {
	def.Source = nil
	for _, meta := range def.Metadata {
		meta.Caps = nil
	}
}

// Shared are the steps, with those that are known in the place of the same ones:
// these say where a step comes from, and take memory once.
func Shared(steps, known []Step) []Step {
	byDigest := make(map[digest.Digest]int, len(known))
	for i := range known {
		byDigest[known[i].written] = i
	}
	for i := range steps {
		if n, ok := byDigest[steps[i].written]; ok {
			steps[i] = known[n]
		}
	}
	return steps
}
