package build

import (
	"errors"
	"testing"
	"time"

	"bake/bake"

	"github.com/moby/buildkit/client"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestLostConnection(t *testing.T) {
	n := &node{embedded: true}
	for text, want := range map[string]bool{
		"error reading from server: EOF":                            true,
		`closing transport due to: received goaway "graceful_stop"`: true,
		"registry answered 503":                                     false,
	} {
		err := lostConnection(n, status.Error(codes.Unavailable, text))
		if Lost(err) != want || !Unreachable(err) {
			t.Errorf("Lost(%v) is %v", err, !want)
		}
		var blamed *TargetError
		if err := preparationError(&bake.Target{Name: "a"}, err); errors.As(err, &blamed) == want {
			t.Errorf("%v: blames the target: %v", err, !want)
		}
	}
	if err := lostConnection(n, status.Error(codes.Unknown, "error reading from server: EOF")); Lost(err) {
		t.Error("an error that a step reports counts as a lost connection")
	}
}

func TestCachedStaysCached(t *testing.T) {
	p := newProgress(nil, false)
	s := &stream{p: p, job: &job{requests: []*request{{target: &bake.Target{Name: "a"}}}}}
	at, later := time.Unix(1, 0), time.Unix(2, 0)
	s.write(&client.SolveStatus{Vertexes: []*client.Vertex{{Digest: "sha256:1", Started: &at, Cached: true}}})
	s.write(&client.SolveStatus{Vertexes: []*client.Vertex{{Digest: "sha256:1", Started: &later}}})
	if v := p.vertices["sha256:1"]; !v.Cached || !v.Started.Equal(later) {
		t.Errorf("the vertex is %+v", v)
	}
}
