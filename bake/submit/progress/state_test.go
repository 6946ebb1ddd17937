package progress

import (
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

func TestCachedStaysCached(t *testing.T) {
	p := New(nil, nil, false)
	s := &stream{p: p, job: Job{
		Owners: []Owner{{Target: "a"}}, Saw: func(digest.Digest) {}, Vertex: func(d digest.Digest) digest.Digest { return d },
	}}
	at, later := time.Unix(1, 0), time.Unix(2, 0)
	s.write(&client.SolveStatus{Vertexes: []*client.Vertex{{Digest: "sha256:1", Started: &at, Cached: true}}})
	s.write(&client.SolveStatus{Vertexes: []*client.Vertex{{Digest: "sha256:1", Started: &later}}})
	if v := p.vertices["sha256:1"]; !v.Cached || !v.Started.Equal(later) {
		t.Errorf("the vertex is %+v", v)
	}
}
