package display

import (
	"slices"
	"strings"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

// terse leaves out of a log of many targets what each of them begins with and
// what says nothing in particular: that its Dockerfile is loaded. Where that
// fails or takes its time it is told.
type terse struct {
	hidden map[digest.Digest]bool
}

// tellingTime is from when on a step is worth a line.
const tellingTime = time.Second

func newTerse() *terse { return &terse{map[digest.Digest]bool{}} }

// filter takes out of a status what is not to be shown.
func (t *terse) filter(s *client.SolveStatus) {
	s.Vertexes = slices.DeleteFunc(s.Vertexes, func(v *client.Vertex) bool {
		if !loadsDockerfile(v.Name) {
			return false
		}
		quick := v.Started == nil || v.Completed == nil || v.Completed.Sub(*v.Started) < tellingTime
		t.hidden[v.Digest] = v.Error == "" && quick
		return t.hidden[v.Digest]
	})
	s.Statuses = slices.DeleteFunc(s.Statuses, func(u *client.VertexStatus) bool { return t.hidden[u.Vertex] })
}

// loadsDockerfile goes by the names that the frontend and bake give such steps.
func loadsDockerfile(name string) bool {
	return strings.Contains(name, "internal] load build definition from ") || strings.HasSuffix(name, "internal] load .dockerignore")
}
