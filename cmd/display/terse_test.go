package display

import (
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

func TestTerse(t *testing.T) {
	f := newTerse()
	begin := time.Unix(0, 0)
	shown := func(name, failure string, after time.Duration) bool {
		t.Helper()
		d, end := digest.FromString(name), begin.Add(after)
		v := &client.Vertex{Digest: d, Name: name, Started: &begin, Error: failure}
		if after > 0 {
			v.Completed = &end
		}
		s := &client.SolveStatus{Vertexes: []*client.Vertex{v}, Statuses: []*client.VertexStatus{{Vertex: d}}}
		f.filter(s)
		if len(s.Vertexes) != len(s.Statuses) {
			t.Errorf("%s: %d vertices, %d statuses", name, len(s.Vertexes), len(s.Statuses))
		}
		return len(s.Vertexes) > 0
	}
	const load = "[app internal] load build definition from Dockerfile"
	for _, tt := range []struct {
		name, failure string
		after         time.Duration
		want          bool
	}{
		{load, "", 0, false},
		{load, "", time.Millisecond, false},
		{load, "", 2 * time.Second, true},
		{load, "no such file", time.Millisecond, true},
		{"[app internal] load .dockerignore", "", time.Millisecond, false},
		{"[app internal] load build context", "", time.Millisecond, true},
		{"[internal] load metadata for docker.io/library/alpine:3", "", time.Millisecond, true},
		{"[app 1/2] RUN echo internal] load", "", time.Millisecond, true},
	} {
		if got := shown(tt.name, tt.failure, tt.after); got != tt.want {
			t.Errorf("%s, %q after %s: shown %v", tt.name, tt.failure, tt.after, got)
		}
	}
}
