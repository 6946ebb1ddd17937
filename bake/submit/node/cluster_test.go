package node

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"bake/bake/submit/failure"
	"bake/bake/submit/platform"
	"bake/bake/submit/progress"

	"github.com/docker/buildx/build/resolver"
	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/store"
	"github.com/google/go-cmp/cmp"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// testCluster is a cluster of nodes n0, n1 … that were created for platforms,
// comma separated. A node that is "down" does not answer.
func testCluster(nodes ...string) *Cluster {
	c := &Cluster{progress: progress.New(nil, nil, false), patience: time.Minute, connected: map[int]*Node{}, down: map[int]error{}}
	down := map[string]bool{}
	for i, text := range nodes {
		pp, lost := strings.CutPrefix(text, "down ")
		n := builder.Node{Node: store.Node{Name: fmt.Sprint("n", i)}, Builder: "b"}
		n.Platforms, _ = platform.Parse(strings.Fields(pp))
		down[n.Name] = lost
		c.nodes = append(c.nodes, n)
	}
	c.network = func(_, _ context.Context, n builder.Node, _ *progress.Tracker) (*Node, error) {
		if down[n.Name] {
			return nil, &failure.UnreachableError{Err: errors.New("it is down")}
		}
		return &Node{Node: n, Platforms: n.Platforms}, nil
	}
	return c
}

func parsed(t *testing.T, targets ...string) [][]ocispecs.Platform {
	t.Helper()
	out := make([][]ocispecs.Platform, len(targets))
	for n, text := range targets {
		var err error
		if out[n], err = platform.Parse(strings.Fields(text)); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// placement writes shares as "n0:linux/amd64 n1:linux/arm64,linux/arm/v7"; a share
// without outputs stands in brackets.
func placement(placed [][]Share) []string {
	var out []string
	for _, shares := range placed {
		var words []string
		for _, s := range shares {
			word := s.Node.Name + ":" + platform.Format(s.Platforms)
			if s.Inner {
				word = "(" + word + ")"
			}
			words = append(words, word)
		}
		out = append(out, strings.Join(words, " "))
	}
	return out
}

// What builds where is what buildx decides, for any nodes and targets.
func TestPlaceLikeBuildx(t *testing.T) {
	known := []string{"linux/amd64", "linux/arm64", "linux/arm/v7", "linux/arm/v6", "linux/386", "linux/riscv64", "linux/amd64/v3"}
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 0))
		some := func(most int) string {
			var words []string
			for range random.IntN(most + 1) {
				words = append(words, known[random.IntN(len(known))])
			}
			return strings.Join(words, " ")
		}
		var nodes, targets []string
		for range 2 + random.IntN(3) {
			nodes = append(nodes, some(3))
		}
		for range 1 + random.IntN(3) {
			targets = append(targets, some(4))
		}
		c := testCluster(nodes...)
		wanted := map[string][]ocispecs.Platform{}
		list := parsed(t, targets...)
		for n, pp := range list {
			wanted[fmt.Sprint(n)] = pp
		}
		theirs, err := resolver.ResolveAll(t.Context(), c.nodes, wanted, c.progress)
		if err != nil {
			t.Fatal(err)
		}
		placed, err := c.Place(t.Context(), list)
		if err != nil {
			t.Fatal(err)
		}
		for n, got := range placement(placed) {
			var words []string
			for _, r := range theirs[fmt.Sprint(n)] {
				words = append(words, r.Node().Name+":"+platform.Format(r.Platforms()))
			}
			if want := strings.Join(words, " "); got != want {
				t.Errorf("seed %d: nodes %q: %q is built by %s, want %s", seed, nodes, targets[n], got, want)
			}
		}
	}
}

func TestPlaceWithoutNodes(t *testing.T) {
	for _, tc := range []struct {
		nodes, targets, want []string
		err                  string
		warned               int
	}{
		{[]string{"linux/amd64", "down linux/arm64"}, []string{"", "linux/amd64"}, []string{"n0:", "n0:linux/amd64"}, "", 0}, // not even asked
		{[]string{"linux/amd64 linux/arm64", "down linux/arm64"}, []string{"linux/arm64"}, []string{"n0:linux/arm64"}, "", 0},
		{[]string{"down linux/amd64", "linux/arm64 linux/amd64"}, []string{"linux/amd64", ""}, []string{"n1:linux/amd64", "n1:"}, "", 1},
		{[]string{"linux/amd64", "down linux/arm64"}, []string{"linux/arm64"}, nil, "no node of builder b that answers builds for linux/arm64 (n1: it is down)", 1},
		{[]string{"down linux/riscv64", "linux/arm64"}, []string{""}, nil, "no node of builder b that answers builds for targets without platforms (n0: it is down)", 1},
		{[]string{"down ", "down "}, []string{""}, nil, "it is down", 0},
		{[]string{"linux/amd64", "linux/arm64"}, []string{"linux/riscv64"}, []string{"n0:linux/riscv64"}, "", 0},
	} {
		c := testCluster(tc.nodes...)
		placed, err := c.Place(t.Context(), parsed(t, tc.targets...))
		if got := fmt.Sprint(err); tc.err != "" && got != tc.err || tc.err == "" && err != nil {
			t.Errorf("%q: error is %s, want %s", tc.nodes, got, tc.err)
		}
		if tc.err != "" && !failure.Unreachable(err) {
			t.Errorf("%q: %v does not count as unreachable", tc.nodes, err)
		}
		if diff := cmp.Diff(tc.want, placement(placed)); diff != "" {
			t.Errorf("%q: %s", tc.nodes, diff)
		}
		if len(c.progress.Warnings) != tc.warned {
			t.Errorf("%q: warnings are %q", tc.nodes, c.progress.Warnings)
		}
	}
}
