package submit

import (
	"testing"

	"bake/bake/submit/dockerfile"
	"bake/bake/submit/input"
	"bake/bake/submit/node"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

// Targets that share a step, directly or by way of others, are connected, on
// each node for itself.
func TestConnected(t *testing.T) {
	one, two := &node.Node{}, &node.Node{}
	make := func(n *node.Node, pooling bool, steps ...string) *request {
		q := &request{node: n, pooling: pooling}
		for _, k := range steps {
			q.canonical = append(q.canonical, digest.Digest(k))
		}
		return q
	}
	requests := []*request{
		make(one, true, "a"), make(one, true, "b"), make(one, true, "c"), make(one, true, "b", "a"),
		make(two, true, "a"), make(one, false, "c"), make(one, true), make(one, true, "d", "c"),
	}
	var got []int
	for _, g := range connected(requests) {
		got = append(got, len(g))
	}
	if want := []int{3, 2, 1, 1}; len(got) != len(want) || got[0]+got[1] != 5 {
		t.Errorf("groups of %v requests, want %v", got, want)
	}
}

func TestPools(t *testing.T) {
	n := &node.Node{Embedded: true}
	from := func(n *node.Node, refs ...string) *request {
		q := &request{node: n, inputs: &input.Inputs{Dockerfile: &dockerfile.File{}}}
		for _, r := range refs {
			q.cacheFrom = append(q.cacheFrom, client.CacheOptionsEntry{Type: "registry", Attrs: map[string]string{"ref": r}})
		}
		return q
	}
	other := &node.Node{}
	for _, tc := range []struct {
		name     string
		requests []*request
		want     bool
	}{
		{"one", []*request{from(n, "a")}, false},
		{"none", []*request{from(n), from(n)}, false},
		{"equal", []*request{from(n, "a", "b"), from(n, "a", "b")}, false},
		{"different", []*request{from(n, "a"), from(n, "b")}, true},
		{"with and without", []*request{from(n, "a"), from(n)}, true},
		{"on another node", []*request{from(n, "a"), from(other, "b")}, false},
	} {
		if got := pools(tc.requests, n); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}
