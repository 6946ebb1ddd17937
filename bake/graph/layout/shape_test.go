package layout

import (
	"math"
	"slices"
	"testing"
)

// boxes are n nodes of the same size.
func boxes(n int) []Size {
	return slices.Repeat([]Size{{60, 30}}, n)
}

// star is a node and n others that it leads to.
func star(n int) Graph {
	g := Graph{Nodes: boxes(n + 1)}
	for i := range n {
		g.Edges = append(g.Edges, Edge{From: 0, To: i + 1})
	}
	return g
}

// right fails for what is wrong with any drawing.
func right(t *testing.T, g Graph, o Options) *Drawing {
	t.Helper()
	d := Lay(g, o)
	for _, f := range faults(g, d) {
		t.Error(f)
	}
	return d
}

// TestUnflatten: the leaves of a star stand in several ranks, so that it is a third
// as wide.
func TestUnflatten(t *testing.T) {
	g, o := star(40), usual
	flat := right(t, g, o)
	o.Unflatten = 4
	d := right(t, g, o)
	ranks := map[float64]int{}
	for _, p := range d.Nodes[1:] {
		ranks[p.Y]++
	}
	if len(ranks) != 4 {
		t.Errorf("leaves by rank: %v", ranks)
	}
	if d.Size.W > flat.Size.W*0.45 {
		t.Errorf("%v wide, %v before", d.Size.W, flat.Size.W)
	}
}

// TestConcentrate: lines that leave one node for afar go together, but not those of
// another class.
func TestConcentrate(t *testing.T) {
	g := Graph{Nodes: boxes(8)}
	for i := range 5 {
		g.Edges = append(g.Edges, Edge{From: i, To: i + 1})
	}
	for _, to := range []int{3, 5, 6, 7} {
		g.Edges = append(g.Edges, Edge{From: 0, To: to})
	}
	g.Edges = append(g.Edges, Edge{From: 3, To: 6}, Edge{From: 4, To: 7}, Edge{From: 0, To: 5, Class: 1})
	places := func(o Options) map[Point]bool {
		out := map[Point]bool{}
		for _, r := range right(t, g, o).Routes[5:9] {
			for _, p := range dense(sampled(r.Points, 40)) {
				out[Point{math.Round(p.X), math.Round(p.Y)}] = true
			}
		}
		return out
	}
	o := usual
	apart := len(places(o))
	o.Concentrate = true
	together := len(places(o))
	if together > apart*3/4 {
		t.Errorf("together lines take %d places, %d apart", together, apart)
	}
	d := Lay(g, o)
	one, other := d.Routes[6].Points[0], d.Routes[len(g.Edges)-1].Points[0]
	if one == other {
		t.Error("edges of two classes go together")
	}
	if one != d.Routes[5].Points[0] {
		t.Error("edges of one class begin apart")
	}
}

// TestParallel: edges between the same nodes are drawn beside each other, and
// concentrated as one.
func TestParallel(t *testing.T) {
	g, o := Graph{Nodes: boxes(2), Edges: slices.Repeat([]Edge{{From: 0, To: 1}}, 4)}, usual
	begins := func(d *Drawing) int {
		seen := map[Point]bool{}
		for _, r := range d.Routes {
			seen[r.Points[0]] = true
		}
		return len(seen)
	}
	if n := begins(right(t, g, o)); n != 4 {
		t.Errorf("4 edges begin at %d places", n)
	}
	o.Concentrate = true
	if n := begins(right(t, g, o)); n != 1 {
		t.Errorf("4 edges begin at %d places when they are concentrated", n)
	}
}

// TestPacking: many parts make a picture of some width and some height.
func TestPacking(t *testing.T) {
	g := Graph{Nodes: boxes(500)}
	for i := range 120 {
		g.Edges = append(g.Edges, Edge{From: 2 * i, To: 2*i + 1})
	}
	for _, lr := range []bool{false, true} {
		o := usual
		o.LeftToRight = lr
		if d := right(t, g, o); d.Size.W < d.Size.H || d.Size.W > 2.5*d.Size.H {
			t.Errorf("left to right %v: %v", lr, d.Size)
		}
	}
}

// TestLeftToRight: it is the drawing of the turned nodes, turned.
func TestLeftToRight(t *testing.T) {
	g := Graph{Nodes: []Size{{100, 20}, {40, 30}, {70, 70}, {50, 10}}, Edges: []Edge{
		{From: 0, To: 1, Label: Size{30, 10}}, {From: 1, To: 2}, {From: 0, To: 3}, {From: 3, To: 2}, {From: 2, To: 2},
	}}
	o, turned := usual, Graph{Edges: slices.Clone(g.Edges)}
	for _, s := range g.Nodes {
		turned.Nodes = append(turned.Nodes, Size{s.H, s.W})
	}
	for i := range turned.Edges {
		l := &turned.Edges[i].Label
		l.W, l.H = l.H, l.W
	}
	down := right(t, turned, o)
	o.LeftToRight = true
	d := right(t, g, o)
	for i, p := range d.Nodes {
		if q := down.Nodes[i]; p.X != q.Y || p.Y != q.X {
			t.Errorf("node %d is at %v, and at %v from above", i, p, q)
		}
	}
}

// TestStraight: a long line between two nodes above each other has no bend, and
// those of a chain have none.
func TestStraight(t *testing.T) {
	g := Graph{Nodes: boxes(6)}
	for i := range 5 {
		g.Edges = append(g.Edges, Edge{From: i, To: i + 1})
	}
	for i, r := range right(t, g, usual).Routes {
		if len(r.Points) != 4 || r.Points[0].X != r.Points[3].X {
			t.Errorf("edge %d of a chain: %v", i, r.Points)
		}
	}
	g.Edges = append(g.Edges, Edge{From: 0, To: 5})
	if r := right(t, g, usual).Routes[5]; len(r.Points) > 10 {
		t.Errorf("an edge past a chain bends often: %v", r.Points)
	}
}

// TestLabels: a label stands beside its own edge.
func TestLabels(t *testing.T) {
	g := Graph{Nodes: boxes(5)}
	for i := range 4 {
		g.Edges = append(g.Edges, Edge{From: i, To: i + 1, Label: Size{50, 12}}, Edge{From: 0, To: i + 1, Label: Size{80, 12}})
	}
	g.Edges = append(g.Edges, Edge{From: 2, To: 2, Label: Size{20, 12}}, Edge{From: 4, To: 0, Label: Size{20, 12}})
	d := right(t, g, usual)
	for i, e := range g.Edges {
		near := math.Inf(1)
		b := around(d.Routes[i].Label, e.Label)
		for _, p := range dense(sampled(d.Routes[i].Points, 40)) {
			x, y := max(b.x0-p.X, p.X-b.x1, 0), max(b.y0-p.Y, p.Y-b.y1, 0)
			near = min(near, math.Hypot(x, y))
		}
		if near > 6 {
			t.Errorf("the label of edge %d is %v away from it", i, near)
		}
	}
}

// TestBackwards: an edge that closes a cycle ends where it leads to.
func TestBackwards(t *testing.T) {
	g := Graph{Nodes: boxes(3), Edges: []Edge{{From: 0, To: 1}, {From: 1, To: 2}, {From: 2, To: 0}}}
	d := right(t, g, usual)
	r := d.Routes[2].Points
	if first, last := r[0], r[len(r)-1]; first.Y < d.Nodes[2].Y-16 || last.Y > d.Nodes[0].Y+16 {
		t.Errorf("from %v to %v, nodes at %v", first, last, d.Nodes)
	}
}
