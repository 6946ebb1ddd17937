package layout

import "slices"

// spot is a point in eighths.
type spot struct{ x, y int }

// tile is a drawn part, from its own corner.
type tile struct {
	part   *part
	w, h   int
	nodes  []spot
	routes []way
}

// way is the route of an edge.
type way struct {
	edge   int
	points []spot
	label  spot
}

// drawer makes routes from places.
type drawer struct {
	*layers
	x           []int
	top, bottom []int // of each rank
	leave       []int // where a line leaves its tail
	enter       []int // and enters its head
	row         spreader
	turns       []turns // below each rank
}

// draw makes the routes of a part.
func (p *part) draw(l *layers, x []int) *tile {
	d := drawer{layers: l, x: x, leave: make([]int, len(p.lines)), enter: make([]int, len(p.lines))}
	lo, hi := l.bounds(x)
	for v := range x {
		x[v] -= lo
	}
	d.levels()
	d.ports()
	d.turn()
	t := &tile{part: p, w: hi - lo, h: d.bottom[len(d.bottom)-1]}
	for v := range p.nodes {
		t.nodes = append(t.nodes, spot{x[v], d.middle(l.rank[v])})
	}
	for i := range p.lines {
		t.routes = append(t.routes, d.route(i))
	}
	t.loops()
	return t
}

// levels gives ranks their heights. Where lines lead far to a side, ranks are
// further apart, or they would run as flat as each other.
func (d *drawer) levels() {
	y := 0
	for _, order := range d.order {
		far := 0
		tall := 0
		for _, v := range order {
			tall = max(tall, d.height(v))
			for _, a := range d.down[v] {
				far = max(far, d.x[v]-d.x[a.to], d.x[a.to]-d.x[v])
			}
		}
		d.top, d.bottom = append(d.top, y), append(d.bottom, y+tall)
		y += tall + d.part.rankSep + min(far/flattest, 2*d.part.rankSep)
	}
}

// height is an even number, so that middles are whole.
func (d *drawer) height(v int) int {
	switch {
	case d.real(v):
		return max(d.part.tall[v], d.part.side[v].h)
	case d.label[v] >= 0:
		return (d.part.lines[d.label[v]].h + 1) / 2 * 2
	}
	return 0
}

func (d *drawer) middle(rank int) int { return (d.top[rank] + d.bottom[rank]) / 2 }

// turn finds where lines turn.
func (d *drawer) turn() {
	shifts := make([][]shift, len(d.order))
	for i := range d.part.lines {
		r := d.rank[d.paths[i][0]]
		x := d.leave[i]
		for _, next := range d.along(i) {
			shifts[r] = append(shifts[r], shift{x, next})
			x, r = next, r+1
		}
	}
	for r := range d.order {
		below := d.bottom[r]
		if r+1 < len(d.order) {
			below = d.top[r+1]
		}
		d.turns = append(d.turns, turnsIn(shifts[r], stretch{d.bottom[r], below}))
	}
}

// along are the places of a line in the ranks after that of its tail.
func (d *drawer) along(i int) []int {
	path := d.paths[i]
	out := make([]int, 0, len(path)-1)
	for _, v := range path[1 : len(path)-1] {
		out = append(out, d.x[v])
	}
	return append(out, d.enter[i])
}

// route leads a line from the border of its tail to that of its head: straight down
// through each rank, where it has its place, and in a curve between them.
func (d *drawer) route(i int) way {
	l, path := d.part.lines[i], d.paths[i]
	w := way{edge: l.edge}
	r := d.rank[l.tail]
	p := pen{at: spot{d.leave[i], d.middle(r) + d.part.tall[l.tail]/2}}
	p.points = append(p.points, p.at)
	for _, x := range d.along(i) {
		p.to(x, d.turns[r][shift{p.at.x, x}])
		r++
	}
	p.finish(d.middle(r) - d.part.tall[l.head]/2)
	for _, v := range path {
		if d.label[v] == i {
			w.label = spot{d.x[v] + labelGap + l.w/2, d.middle(d.rank[v])}
		}
	}
	w.points = p.points
	if l.turned {
		slices.Reverse(w.points)
	}
	return w
}

// pen draws downwards. Straight pieces that follow each other become one.
type pen struct {
	points []spot
	at     spot
}

// to draws a curve to the place x in a stretch of heights.
func (p *pen) to(x int, s stretch) {
	if x == p.at.x {
		return
	}
	p.finish(s.top)
	half := (s.top + s.bottom) / 2
	p.at = spot{x, s.bottom}
	p.points = append(p.points, spot{p.points[len(p.points)-1].x, half}, spot{x, half}, p.at)
}

// finish ends a straight piece.
func (p *pen) finish(y int) {
	if d := y - p.at.y; d > 0 {
		from := p.at.y
		p.at.y = y
		p.points = append(p.points, spot{p.at.x, from + d/3}, spot{p.at.x, y - d/3}, p.at)
	}
}

// loops draws the edges of nodes to themselves at their right.
func (t *tile) loops() {
	drawn := make([]rim, len(t.nodes))
	for _, l := range t.part.loops {
		c, have, side := t.nodes[l.tail], &drawn[l.tail], t.part.side[l.tail]
		have.loops++
		right := c.x + t.part.half[l.tail]
		far := right + have.loops*loopSize*4/3 // a curve goes three quarters of the way to its handles
		d := t.part.tall[l.tail] / 4
		w := way{edge: l.edge, points: []spot{{right, c.y - d}, {far, c.y - d}, {far, c.y + d}, {right, c.y + d}}}
		if l.labelled() {
			h := (l.h + 1) / 2 * 2
			w.label = spot{right + side.loops*loopSize + labelGap + l.w/2, c.y - side.h/2 + have.h + h/2}
			have.h += h
		}
		t.routes = append(t.routes, w)
	}
}
