package build

import "github.com/moby/buildkit/client"

// warningsOf returns what the frontend had to say about the Dockerfile of q.
func (p *progress) warningsOf(q *request) []client.VertexWarning {
	var out []client.VertexWarning
	for _, w := range p.found {
		if p.target[w.Vertex] == q.target.Name {
			out = append(out, w)
		}
	}
	return out
}
