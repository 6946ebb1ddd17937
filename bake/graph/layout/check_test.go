package layout

import (
	"fmt"
	"math"
	"reflect"
)

// box is a rectangle that something takes in a drawing.
type box struct{ x0, y0, x1, y1 float64 }

func around(c Point, s Size) box {
	return box{c.X - s.W/2, c.Y - s.H/2, c.X + s.W/2, c.Y + s.H/2}
}

func (b box) grow(by float64) box { return box{b.x0 - by, b.y0 - by, b.x1 + by, b.y1 + by} }

func (b box) overlaps(o box) bool {
	return b.x0 < o.x1 && o.x0 < b.x1 && b.y0 < o.y1 && o.y0 < b.y1
}

func (b box) holds(p Point) bool { return b.x0 < p.X && p.X < b.x1 && b.y0 < p.Y && p.Y < b.y1 }

// sampled is a route as many short lines.
func sampled(points []Point, steps int) []Point {
	if len(points) == 0 {
		return nil
	}
	out := []Point{points[0]}
	for i := 1; i+2 < len(points); i += 3 {
		a, b, c, d := points[i-1], points[i], points[i+1], points[i+2]
		if a.X == b.X && b.X == c.X && c.X == d.X {
			out = append(out, d)
			continue
		}
		for k := 1; k <= steps; k++ {
			t := float64(k) / float64(steps)
			u := 1 - t
			p, q, r, s := u*u*u, 3*u*u*t, 3*u*t*t, t*t*t
			out = append(out, Point{p*a.X + q*b.X + r*c.X + s*d.X, p*a.Y + q*b.Y + r*c.Y + s*d.Y})
		}
	}
	return out
}

// dense are points of lines not more than a point and a half apart.
func dense(line []Point) []Point {
	var out []Point
	for i, p := range line {
		if i > 0 {
			q := line[i-1]
			n := int(math.Hypot(p.X-q.X, p.Y-q.Y)/1.5) + 1
			for k := 1; k < n; k++ {
				t := float64(k) / float64(n)
				out = append(out, Point{q.X + t*(p.X-q.X), q.Y + t*(p.Y-q.Y)})
			}
		}
		out = append(out, p)
	}
	return out
}

// faults says what is wrong with a drawing, whoever made it.
func faults(g Graph, d *Drawing) []string {
	var found []string
	bad := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	if len(d.Nodes) != len(g.Nodes) || len(d.Routes) != len(g.Edges) {
		return []string{"nodes or routes are missing"}
	}
	type thing struct {
		name       string
		node, edge int
		box        box
	}
	var things []thing
	for i, s := range g.Nodes {
		things = append(things, thing{fmt.Sprintf("node %d", i), i, -1, around(d.Nodes[i], s)})
	}
	for i, e := range g.Edges {
		if e.Label.W > 0 && e.Label.H > 0 && g.joins(e) {
			things = append(things, thing{fmt.Sprintf("label of edge %d", i), -1, i, around(d.Routes[i].Label, e.Label)})
		}
	}
	whole := box{0, 0, d.Size.W, d.Size.H}.grow(0.2)
	index := newCells(64)
	for i, a := range things {
		for _, k := range index.near(a.box) {
			if things[k].box.grow(-0.2).overlaps(a.box) {
				bad("%s overlaps %s", things[k].name, a.name)
			}
		}
		index.add(i, a.box)
		if a.box.x0 < whole.x0 || a.box.y0 < whole.y0 || a.box.x1 > whole.x1 || a.box.y1 > whole.y1 {
			bad("%s is outside of the drawing", a.name)
		}
	}
	for i, e := range g.Edges {
		r := d.Routes[i]
		if !g.joins(e) {
			if len(r.Points) != 0 {
				bad("edge %d has no ends, but a route", i)
			}
			continue
		}
		if len(r.Points) < 4 || len(r.Points)%3 != 1 {
			bad("edge %d has %d points", i, len(r.Points))
			continue
		}
		for k, end := range []int{e.From, e.To} {
			p := r.Points[k*(len(r.Points)-1)]
			if b := around(d.Nodes[end], g.Nodes[end]); !b.grow(0.3).holds(p) || b.grow(-0.3).holds(p) {
				bad("edge %d ends at %v, which is not the border of node %d", i, p, end)
			}
		}
		seen := map[int]bool{}
		for _, p := range dense(sampled(r.Points, 48)) {
			if !whole.holds(p) {
				bad("edge %d leaves the drawing at %v", i, p)
				break
			}
			for _, k := range index.near(box{p.X, p.Y, p.X, p.Y}) {
				th := things[k]
				if seen[k] || th.edge == i || !th.box.grow(-0.3).holds(p) {
					continue
				}
				seen[k] = true
				bad("edge %d runs through %s at %v", i, th.name, p)
			}
		}
	}
	return found
}

// cells finds what is near in a plane.
type cells struct {
	size float64
	in   map[[2]int][]int
}

func newCells(size float64) *cells { return &cells{size, map[[2]int][]int{}} }

func (c *cells) each(b box, f func(key [2]int)) {
	for x := int(math.Floor(b.x0 / c.size)); x <= int(math.Floor(b.x1/c.size)); x++ {
		for y := int(math.Floor(b.y0 / c.size)); y <= int(math.Floor(b.y1/c.size)); y++ {
			f([2]int{x, y})
		}
	}
}

func (c *cells) add(i int, b box) {
	c.each(b, func(key [2]int) { c.in[key] = append(c.in[key], i) })
}

func (c *cells) near(b box) []int {
	var out []int
	seen := map[int]bool{}
	c.each(b, func(key [2]int) {
		for _, i := range c.in[key] {
			if !seen[i] {
				seen[i] = true
				out = append(out, i)
			}
		}
	})
	return out
}

// crossingsOf counts the pairs of routes that cross and share no end, and how often
// they do.
func crossingsOf(g Graph, routes [][]Point) (pairs, points int) {
	type piece struct {
		edge int
		a, b Point
	}
	var pieces []piece
	index := newCells(24)
	crossed := map[[2]int]bool{}
	stamp := []int{}
	for i, e := range g.Edges {
		line := routes[i]
		for k := 1; k < len(line); k++ {
			a, b := line[k-1], line[k]
			me := len(pieces)
			pieces = append(pieces, piece{i, a, b})
			stamp = append(stamp, -1)
			index.each(box{min(a.X, b.X), min(a.Y, b.Y), max(a.X, b.X), max(a.Y, b.Y)}, func(key [2]int) {
				for _, o := range index.in[key] {
					if stamp[o] == me {
						continue
					}
					stamp[o] = me
					q := pieces[o]
					f := g.Edges[q.edge]
					if f.From == e.From || f.From == e.To || f.To == e.From || f.To == e.To {
						continue
					}
					if !intersect(a, b, q.a, q.b) {
						continue
					}
					points++
					if key := [2]int{q.edge, i}; !crossed[key] {
						crossed[key] = true
						pairs++
					}
				}
				index.in[key] = append(index.in[key], me)
			})
		}
	}
	return pairs, points
}

// intersect reports whether two pieces cross. A piece has its end, but not its start.
func intersect(a, b, c, d Point) bool {
	side := func(p, q, r Point) float64 { return (q.X-p.X)*(r.Y-p.Y) - (q.Y-p.Y)*(r.X-p.X) }
	s, t := side(c, d, a), side(c, d, b)
	u, v := side(a, b, c), side(a, b, d)
	return (s < 0) != (t < 0) && (u < 0) != (v < 0)
}

func (d *Drawing) lines() [][]Point {
	out := make([][]Point, len(d.Routes))
	for i, r := range d.Routes {
		out[i] = sampled(r.Points, 12)
	}
	return out
}

func same(a, b *Drawing) bool { return reflect.DeepEqual(a, b) }
