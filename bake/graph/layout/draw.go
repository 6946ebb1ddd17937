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

// route leads a line from the border of its tail to that of its head: straight down
// through each rank, where it has its place, and in a curve between them.
func (d *drawer) route(i int) way {
	l, path := d.part.lines[i], d.paths[i]
	w := way{edge: l.edge}
	p := pen{at: spot{d.leave[i], d.middle(d.rank[l.tail]) + d.part.tall[l.tail]/2}}
	p.points = append(p.points, p.at)
	for _, v := range path[:len(path)-1] {
		if !d.real(v) {
			p.to(spot{d.x[v], d.top[d.rank[v]]})
		}
		p.to(spot{p.at.x, d.bottom[d.rank[v]]})
		if d.label[v] == i {
			w.label = spot{d.x[v] + labelGap + l.w/2, d.middle(d.rank[v])}
		}
	}
	head := path[len(path)-1]
	p.to(spot{d.enter[i], d.top[d.rank[head]]})
	p.to(spot{d.enter[i], d.middle(d.rank[head]) - d.part.tall[head]/2})
	p.finish()
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

func (p *pen) to(s spot) {
	if s.x != p.at.x {
		p.finish()
		half := (p.at.y + s.y) / 2
		p.points = append(p.points, spot{p.at.x, half}, spot{s.x, half}, s)
	}
	p.at = s
}

// finish ends a straight piece.
func (p *pen) finish() {
	last := p.points[len(p.points)-1]
	if d := p.at.y - last.y; d > 0 {
		p.points = append(p.points, spot{p.at.x, last.y + d/3}, spot{p.at.x, p.at.y - d/3}, p.at)
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
