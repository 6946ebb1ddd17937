package layout

import "slices"

// layers is a part in its ranks. Beside the nodes it has a stop for each rank that
// a line passes, so that every arc leads from a rank to the next.
type layers struct {
	part     *part
	rank     []int
	up, down [][]arc
	order    [][]int // by rank, from the left
	pos      []int   // of a stop in the order of its rank
	paths    [][]int // the stops of each line, from tail to head
	shared   []int8  // whether lines share the stop, and with which end in common
	label    []int   // the line whose label stands here; -1 for none
}

// arc joins two stops of neighbouring ranks, for as many lines as it weighs.
type arc struct{ to, weight int }

// How lines share a stop.
const (
	alone = iota
	fromTail
	toHead
)

// Which lines share their stops.
type sharing int

const (
	none     sharing = iota
	parallel         // those between the same two nodes
	ends             // those that begin or end at one node
)

// newLayers makes the stops of a part.
func newLayers(p *part, rank []int, how sharing) *layers {
	l := &layers{part: p, paths: make([][]int, len(p.lines))}
	l.grow(rank)
	for _, r := range rank {
		l.addStop(r)
	}
	b := bundler{layers: l, how: how, stops: map[bundleKey]int{}, arcs: map[[2]int][2]int{}}
	b.out, b.in = degrees(p)
	for i, line := range p.lines {
		b.addPath(i, line)
	}
	l.fill()
	return l
}

// grow makes room for as many stops as there can be.
func (l *layers) grow(rank []int) {
	n := len(rank)
	for _, line := range l.part.lines {
		n += rank[line.head] - rank[line.tail] - 1
	}
	l.rank = make([]int, 0, n)
	l.up, l.down = make([][]arc, 0, n), make([][]arc, 0, n)
	l.shared, l.label = make([]int8, 0, n), make([]int, 0, n)
}

// addStop adds a stop to a rank.
func (l *layers) addStop(rank int) int {
	l.rank = append(l.rank, rank)
	l.up, l.down = append(l.up, nil), append(l.down, nil)
	l.shared, l.label = append(l.shared, alone), append(l.label, -1)
	return len(l.rank) - 1
}

// real reports whether a stop is a node.
func (l *layers) real(v int) bool { return v < len(l.part.nodes) }

// fill orders the ranks by the numbers of their stops, for a start.
func (l *layers) fill() {
	depth := 0
	for _, r := range l.rank {
		depth = max(depth, r+1)
	}
	l.order, l.pos = make([][]int, depth), make([]int, len(l.rank))
	for v, r := range l.rank {
		l.pos[v] = len(l.order[r])
		l.order[r] = append(l.order[r], v)
	}
}

// reorder takes an order of a rank over.
func (l *layers) reorder(r int, order []int) {
	l.order[r] = order
	for i, v := range order {
		l.pos[v] = i
	}
}

// bundler makes the paths of lines.
type bundler struct {
	*layers
	how     sharing
	out, in []int
	stops   map[bundleKey]int
	arcs    map[[2]int][2]int // where the arc between two stops is in down and up
}

// bundleKey is what lines that share a stop have in common.
type bundleKey struct {
	side              int8
	class, node, rank int
	head              int // of lines that share both ends
}

func degrees(p *part) (out, in []int) {
	out, in = make([]int, len(p.nodes)), make([]int, len(p.nodes))
	for _, l := range p.lines {
		out[l.tail]++
		in[l.head]++
	}
	return out, in
}

// side is the end at which a line goes with most others.
func (b *bundler) side(l line) int8 {
	switch {
	case b.how == none || l.labelled():
		return alone
	case b.how == parallel:
		return fromTail
	case b.out[l.tail] < 2 && b.in[l.head] < 2:
		return alone
	case b.out[l.tail] >= b.in[l.head]:
		return fromTail
	}
	return toHead
}

func (b *bundler) addPath(i int, l line) {
	path, side := make([]int, 1, b.rank[l.head]-b.rank[l.tail]+1), b.side(l)
	path[0] = l.tail
	middle := (b.rank[l.tail] + b.rank[l.head]) / 2
	for r := b.rank[l.tail] + 1; r < b.rank[l.head]; r++ {
		v := b.stop(l, side, r)
		if l.labelled() && r == middle {
			b.label[v] = i
		}
		path = append(path, v)
	}
	path = append(path, l.head)
	for k := 1; k < len(path); k++ {
		b.join(path[k-1], path[k])
	}
	b.paths[i] = path
}

// stop is the one of a line in a rank: its own, or that of its bundle.
func (b *bundler) stop(l line, side int8, rank int) int {
	if side == alone {
		return b.addStop(rank)
	}
	key := bundleKey{side: side, node: l.tail, rank: rank}
	if b.part.bundle {
		key.class = l.class
	}
	if b.how == parallel {
		key.head = l.head
	}
	if side == toHead {
		key.node = l.head
	}
	v, ok := b.stops[key]
	if !ok {
		v = b.addStop(rank)
		b.stops[key] = v
		b.shared[v] = side
	}
	return v
}

// join adds a line to the arc between two stops.
func (b *bundler) join(v, w int) {
	if b.how == none {
		b.down[v], b.up[w] = append(b.down[v], arc{w, 1}), append(b.up[w], arc{v, 1})
		return
	}
	key := [2]int{v, w}
	at, ok := b.arcs[key]
	if !ok {
		b.arcs[key] = [2]int{len(b.down[v]), len(b.up[w])}
		b.down[v] = append(b.down[v], arc{w, 1})
		b.up[w] = append(b.up[w], arc{v, 1})
		return
	}
	b.down[v][at[0]].weight++
	b.up[w][at[1]].weight++
}

// unbundle lets fewer lines share stops. Those that no longer do have theirs beside
// each other.
func (l *layers) unbundle(how sharing) *layers {
	one := newLayers(l.part, l.rank[:len(l.part.nodes)], how)
	line := make([]int, len(one.rank)) // of a stop that is no node
	for i, path := range one.paths {
		for _, v := range path[1 : len(path)-1] {
			line[v] = i
		}
	}
	compare := func(v, w int) int {
		if one.real(v) || one.real(w) || v == w {
			return l.pos[l.of(one, line[v], v)] - l.pos[l.of(one, line[w], w)]
		}
		return l.beside(line[v], line[w], one.rank[v])
	}
	for r, order := range one.order {
		slices.SortStableFunc(order, compare)
		one.reorder(r, order)
	}
	return one
}

// of is the stop of l for a stop of one, which is one's of a line.
func (l *layers) of(one *layers, line, v int) int {
	if one.real(v) {
		return v
	}
	path := l.paths[line]
	return path[one.rank[v]-l.rank[path[0]]]
}

// beside compares two lines in a rank that both pass: by their stops, and where
// they share one, by the way on which they part.
func (l *layers) beside(a, b, rank int) int {
	p, q := l.paths[a], l.paths[b]
	i, k := rank-l.rank[p[0]], rank-l.rank[q[0]]
	step := 1
	if l.shared[p[i]] == toHead {
		step = -1
	}
	for i >= 0 && k >= 0 && i < len(p) && k < len(q) {
		if p[i] != q[k] {
			return l.pos[p[i]] - l.pos[q[k]]
		}
		i, k = i+step, k+step
	}
	return 0
}
