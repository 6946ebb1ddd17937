package layout

import "math"

// Lengths are whole eighths of a point from here on. Floats would round differently
// where a machine multiplies and adds in one step.
const grid = 8

// eighths is a length that holds f points. What is no length is none.
func eighths(f float64) int {
	switch {
	case !(f > 0): // not a number, too
		return 0
	case f > 1e6:
		f = 1e6
	}
	return int(math.Ceil(f * grid))
}

// Distances that no option sets, in eighths.
const (
	labelGap  = 4 * grid  // between an edge and its label
	loopSize  = 14 * grid // how far an edge to its own node stands out
	portGap   = 9 * grid  // between edges at the border of a node, if there is room
	lineGap   = 5 * grid  // the least between an edge and what it passes
	levelStep = 3 * grid  // between the heights at which lines turn to the same side
	flattest  = 16        // times as far to a side as down, ranks move apart
)

// part is a piece of the graph that no edge joins with another.
type part struct {
	nodes []int // in the graph
	half  []int // half of a node's width
	tall  []int // and its whole height
	side  []rim // what its edges to itself need at its right
	lines []line
	loops []line

	nodeSep, rankSep int
	bundle           bool
	unflatten        int
}

// line is an edge of a part, led down the ranks: from its tail to its head.
type line struct {
	edge       int // in the graph
	tail, head int // in the part
	turned     bool
	class      int
	w, h       int // of its label
}

// labelled reports whether a line needs room for a text.
func (l line) labelled() bool { return l.w > 0 || l.h > 0 }

// split makes the parts of a graph, in the order of their first nodes.
func split(g Graph, o Options) []*part {
	in := components(g)
	var parts []*part
	local := make([]int, len(g.Nodes))
	for v, c := range in {
		if c == len(parts) {
			parts = append(parts, newPart(o))
		}
		p := parts[c]
		local[v] = len(p.nodes)
		p.addNode(v, turn(g.Nodes[v], o))
	}
	for i, e := range g.Edges {
		if !g.joins(e) {
			continue
		}
		label := turn(e.Label, o)
		parts[in[e.From]].addLine(line{
			edge: i, tail: local[e.From], head: local[e.To], class: e.Class, w: eighths(label.W), h: eighths(label.H),
		})
	}
	for _, p := range parts {
		p.orient()
	}
	return parts
}

// newPart has the options of a part in whole numbers.
func newPart(o Options) *part {
	return &part{
		nodeSep: max(eighths(o.NodeSep), grid), rankSep: max(eighths(o.RankSep), 2*lineGap),
		bundle: o.Concentrate, unflatten: o.Unflatten,
	}
}

// turn gives a size as the ranks see it, which are always rows below.
func turn(s Size, o Options) Size {
	if o.LeftToRight {
		return Size{s.H, s.W}
	}
	return s
}

// joins reports whether the ends of an edge are nodes.
func (g Graph) joins(e Edge) bool {
	return e.From >= 0 && e.From < len(g.Nodes) && e.To >= 0 && e.To < len(g.Nodes)
}

// components numbers the parts of a graph, by their first nodes, and says in which
// each node is.
func components(g Graph) []int {
	up := make([]int, len(g.Nodes))
	for v := range up {
		up[v] = v
	}
	root := func(v int) int {
		for up[v] != v {
			up[v] = up[up[v]]
			v = up[v]
		}
		return v
	}
	for _, e := range g.Edges {
		if g.joins(e) {
			a, b := root(e.From), root(e.To)
			up[max(a, b)] = min(a, b)
		}
	}
	in, count := make([]int, len(up)), 0
	for v := range up {
		if r := root(v); r == v {
			in[v], count = count, count+1
		} else {
			in[v] = in[r]
		}
	}
	return in
}

func (p *part) addNode(v int, s Size) {
	p.nodes = append(p.nodes, v)
	p.half = append(p.half, (eighths(s.W)+1)/2)
	p.tall = append(p.tall, (eighths(s.H)+1)/2*2)
	p.side = append(p.side, rim{})
}

// rim is the room for the edges of a node to itself: they are drawn around each
// other, and their labels stand in a column beside them.
type rim struct{ loops, w, h int }

// width is that of a rim.
func (r rim) width() int {
	if r.w > 0 {
		return r.loops*loopSize + labelGap + r.w
	}
	return r.loops * loopSize
}

// addLine takes an edge in.
func (p *part) addLine(l line) {
	if l.tail != l.head {
		p.lines = append(p.lines, l)
		return
	}
	side := &p.side[l.tail]
	side.loops++
	side.w = max(side.w, l.w)
	side.h += (l.h + 1) / 2 * 2
	p.loops = append(p.loops, l)
}

// orient turns round the lines that close a cycle, as a walk through the part finds
// them. It starts where nothing leads to, so that few are turned.
func (p *part) orient() {
	out, entered := make([][]int, len(p.nodes)), make([]bool, len(p.nodes))
	for i, l := range p.lines {
		out[l.tail] = append(out[l.tail], i)
		entered[l.head] = true
	}
	w := walk{part: p, out: out, state: make([]int8, len(p.nodes))}
	for _, sources := range []bool{true, false} {
		for v := range p.nodes {
			if w.state[v] == unseen && entered[v] != sources {
				w.from(v)
			}
		}
	}
	for i := range p.lines {
		if l := &p.lines[i]; l.turned {
			l.tail, l.head = l.head, l.tail
		}
	}
}

// walk goes through a part in depth.
type walk struct {
	part  *part
	out   [][]int
	state []int8
}

const (
	unseen = iota
	open   // on the way from the start
	done
)

func (w *walk) from(v int) {
	type step struct{ v, next int }
	stack := []step{{v: v}}
	w.state[v] = open
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		if top.next == len(w.out[top.v]) {
			w.state[top.v] = done
			stack = stack[:len(stack)-1]
			continue
		}
		l := &w.part.lines[w.out[top.v][top.next]]
		top.next++
		switch w.state[l.head] {
		case unseen:
			w.state[l.head] = open
			stack = append(stack, step{v: l.head})
		case open:
			l.turned = true
		}
	}
}
