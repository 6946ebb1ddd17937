package layout

import (
	"cmp"
	"math"
	"slices"
)

// pack puts the parts of a drawing in rows, the tall ones first, so that the whole
// is about as wide as a screen.
func pack(g Graph, o Options, tiles []*tile) *Drawing {
	d := &Drawing{Nodes: make([]Point, len(g.Nodes)), Routes: make([]Route, len(g.Edges))}
	slices.SortStableFunc(tiles, func(a, b *tile) int { return cmp.Compare(b.h, a.h) })
	gap := max(eighths(o.NodeSep), grid) * 3 / 2
	limit := rowWidth(tiles, gap, o)
	x, y, tall, w := 0, 0, 0, 0
	for _, t := range tiles {
		if x > 0 && x+t.w > limit {
			x, y, tall = 0, y+tall+gap, 0
		}
		t.put(d, o, spot{x, y})
		w, tall = max(w, x+t.w), max(tall, t.h)
		x += t.w + gap
	}
	size := point(spot{w, y + tall}, o)
	d.Size = Size{size.X, size.Y}
	return d
}

// rowWidth is that of rows which together are about three by two. Where ranks are
// columns, rows are columns too.
func rowWidth(tiles []*tile, gap int, o Options) int {
	area, widest := 0, 0
	for _, t := range tiles {
		area += (t.w + gap) / grid * ((t.h + gap) / grid)
		widest = max(widest, t.w)
	}
	if o.LeftToRight {
		return max(widest, grid*int(math.Sqrt(float64(area/3*2))))
	}
	return max(widest, grid*int(math.Sqrt(float64(area/2*3))))
}

// put tells a drawing where the nodes and routes of a tile are.
func (t *tile) put(d *Drawing, o Options, corner spot) {
	at := func(s spot) Point { return point(spot{s.x + corner.x, s.y + corner.y}, o) }
	for i, s := range t.nodes {
		d.Nodes[t.part.nodes[i]] = at(s)
	}
	for _, w := range t.routes {
		r := Route{Label: at(w.label), Points: make([]Point, len(w.points))}
		for i, s := range w.points {
			r.Points[i] = at(s)
		}
		d.Routes[w.edge] = r
	}
}

// point is a spot in points.
func point(s spot, o Options) Point {
	p := Point{float64(s.x) / grid, float64(s.y) / grid}
	if o.LeftToRight {
		p.X, p.Y = p.Y, p.X
	}
	return p
}
