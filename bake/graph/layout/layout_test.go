package layout

import (
	"math/rand/v2"
	"testing"
)

// random is a graph as nobody would draw it: any edges, also to their own node.
func random(r *rand.Rand, nodes, edges int) Graph {
	var g Graph
	for range nodes {
		g.Nodes = append(g.Nodes, Size{W: float64(r.IntN(1800)) / 10, H: float64(r.IntN(700)) / 10})
	}
	for range edges {
		e := Edge{From: r.IntN(nodes), To: r.IntN(nodes)}
		if r.IntN(4) == 0 {
			e.Label = Size{W: 1 + float64(r.IntN(900))/10, H: 1 + float64(r.IntN(200))/10}
		}
		g.Edges = append(g.Edges, e)
	}
	return g
}

// shaped is a graph like those of Dockerfiles: stages begin with an image or an
// earlier stage, and take files from some earlier ones, most often from near.
func shaped(r *rand.Rand, stages int) Graph {
	var g Graph
	images := 1 + r.IntN(3)
	for range images + stages {
		g.Nodes = append(g.Nodes, Size{W: 50 + float64(r.IntN(130)), H: 36})
	}
	for s := images; s < images+stages; s++ {
		base := r.IntN(images)
		if s > images && r.IntN(3) > 0 {
			base = max(images, s-1-r.IntN(8))
		}
		g.Edges = append(g.Edges, Edge{From: min(base, s-1), To: s})
		for range r.IntN(3) {
			from := s - 1 - r.IntN(min(s, 2+r.IntN(12)))
			g.Edges = append(g.Edges, Edge{From: from, To: s})
		}
	}
	return g
}

// anyOptions are one of all ways to draw.
func anyOptions(r *rand.Rand) Options {
	return Options{
		NodeSep: float64(r.IntN(40)), RankSep: float64(r.IntN(80)), LeftToRight: r.IntN(2) == 0,
		Concentrate: r.IntN(2) == 0, Unflatten: r.IntN(5),
	}
}

// TestRandomGraphs draws graphs of any shape: nothing overlaps, nothing runs
// through what it does not join, and the drawing is the same again.
func TestRandomGraphs(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 13))
		nodes := 1 + r.IntN(60)
		g, o := random(r, nodes, r.IntN(2*nodes)), anyOptions(r)
		d := Lay(g, o)
		for _, f := range faults(g, d) {
			t.Errorf("seed %d, %+v: %s", seed, o, f)
		}
		if !same(d, Lay(g, o)) {
			t.Errorf("seed %d: another drawing the second time", seed)
		}
	}
}

// TestDegenerate: what is hardly a graph has a drawing too.
func TestDegenerate(t *testing.T) {
	for name, g := range map[string]Graph{
		"nothing":  {},
		"one node": {Nodes: []Size{{10, 10}}},
		"one loop": {Nodes: []Size{{10, 10}}, Edges: []Edge{{From: 0, To: 0}}},
		"no edges": {Nodes: make([]Size, 50)},
		"no ends":  {Nodes: make([]Size, 2), Edges: []Edge{{From: 0, To: 2}, {From: -1, To: 0}}},
		"a cycle":  {Nodes: make([]Size, 2), Edges: []Edge{{From: 0, To: 1}, {From: 1, To: 0}}},
	} {
		for _, f := range faults(g, Lay(g, Options{})) {
			t.Errorf("%s: %s", name, f)
		}
	}
}

// TestCrossings compares graphs like those of Dockerfiles with dot's drawings.
func TestCrossings(t *testing.T) {
	var all tally
	for seed := range uint64(24) {
		r := rand.New(rand.NewPCG(seed, 5))
		all.add(t, "generated", shaped(r, 5+int(seed)*3))
	}
	all.report(t)
}
