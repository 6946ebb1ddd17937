package layout

import (
	"math/rand/v2"
	"testing"
	"time"
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
	for seed := range uint64(150) {
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

// FuzzLay makes a graph of bytes: an edge of each two, and its label.
func FuzzLay(f *testing.F) {
	f.Add([]byte{}, uint64(0))
	f.Add([]byte{0, 1, 1, 2, 2, 0, 0, 0}, uint64(1))
	f.Add([]byte{0, 1, 0, 2, 0, 3, 0, 4, 1, 9, 2, 9, 3, 9, 4, 9, 0, 9, 0, 9}, uint64(2))
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		data = data[:min(len(data), 200)]
		r := rand.New(rand.NewPCG(seed, 1))
		g, o := random(r, 60, 0), anyOptions(r)
		for i := 1; i < len(data); i += 2 {
			e := Edge{From: int(data[i-1] & 63), To: int(data[i] & 63)}
			if data[i-1] > 191 {
				e.Label = Size{W: float64(data[i]), H: 10}
			}
			g.Edges = append(g.Edges, e)
		}
		d := Lay(g, o)
		for _, fault := range faults(g, d) {
			t.Errorf("%+v: %s", o, fault)
		}
		if !same(d, Lay(g, o)) {
			t.Error("another drawing the second time")
		}
	})
}

// TestLarge: 2,000 nodes and 10,000 edges end in seconds.
func TestLarge(t *testing.T) {
	g := large()
	start := time.Now()
	d := Lay(g, usual)
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	if f := faults(Graph{Nodes: g.Nodes}, &Drawing{Size: d.Size, Nodes: d.Nodes}); len(f) > 0 {
		t.Errorf("%d faults, first %s", len(f), f[0])
	}
}

// large has edges that lead anywhere, but in no cycle.
func large() Graph {
	r := rand.New(rand.NewPCG(7, 7))
	g := random(r, 2000, 10000)
	for i := range g.Edges {
		e := &g.Edges[i]
		e.From, e.To, e.Label = min(e.From, e.To), max(e.From, e.To), Size{}
	}
	return g
}

func BenchmarkLay(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, bench := range []struct {
		name string
		g    Graph
	}{
		{"stages=22", shaped(r, 22)},
		{"stages=100", shaped(r, 100)},
		{"stages=1000", shaped(r, 1000)},
		{"nodes=2000,edges=10000", large()},
	} {
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				Lay(bench.g, usual)
			}
		})
	}
}
