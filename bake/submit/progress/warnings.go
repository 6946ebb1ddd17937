package progress

import (
	"bytes"
	"slices"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/solver/pb"
	"google.golang.org/protobuf/proto"
)

// WarningsOf returns what the frontend had to say about the Dockerfile of a
// target.
func (p *Tracker) WarningsOf(target string) []client.VertexWarning {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []client.VertexWarning
	for _, w := range p.found {
		if p.target[w.Vertex] == target {
			out = append(out, w)
		}
	}
	return out
}

// DistinctWarnings drops what is said more than once: targets with one
// Dockerfile are warned about the same lines.
func DistinctWarnings(all []client.VertexWarning) []client.VertexWarning {
	var out []client.VertexWarning
	for _, w := range all {
		if !slices.ContainsFunc(out, func(known client.VertexWarning) bool { return sameWarning(&known, &w) }) {
			out = append(out, w)
		}
	}
	return out
}

// sameWarning compares what is said and about what. Which step it was, and how
// that came about, differs between targets.
func sameWarning(a, b *client.VertexWarning) bool {
	if a.Level != b.Level || a.URL != b.URL || !bytes.Equal(a.Short, b.Short) || !slices.EqualFunc(a.Detail, b.Detail, bytes.Equal) {
		return false
	}
	return a.SourceInfo.GetFilename() == b.SourceInfo.GetFilename() && bytes.Equal(a.SourceInfo.GetData(), b.SourceInfo.GetData()) &&
		slices.EqualFunc(a.Range, b.Range, func(a, b *pb.Range) bool { return proto.Equal(a, b) })
}
