package layout

import "slices"

// blocks places stops as Brandes and Köpf (2002) do it, in linear time: a stop
// stands in one line with the middle one of its neighbours in the rank before,
// where that is free. This is done from above and below, and from left and right;
// the place is the middle of the four.
func (l *layers) blocks() []int {
	conflicts := l.conflicts()
	var all [4][]int
	narrowest, width := 0, -1
	for k := range all {
		b := newBlocks(l, conflicts, k&1 != 0, k&2 != 0)
		b.alignAll()
		all[k] = b.compact()
		if lo, hi := l.bounds(all[k]); width < 0 || hi-lo < width {
			narrowest, width = k, hi-lo
		}
	}
	lo, hi := l.bounds(all[narrowest])
	for k := range all {
		a, b := l.bounds(all[k])
		d := lo - a
		if k&2 != 0 {
			d = hi - b
		}
		for v := range all[k] {
			all[k][v] += d
		}
	}
	x := make([]int, len(l.rank))
	for v := range x {
		four := []int{all[0][v], all[1][v], all[2][v], all[3][v]}
		slices.Sort(four)
		x[v] = (four[1] + four[2]) >> 1
	}
	return x
}

// bounds are the left and right edges of what is placed.
func (l *layers) bounds(x []int) (lo, hi int) {
	for v, at := range x {
		left, right := l.extent(v)
		if v == 0 || at-left < lo {
			lo = at - left
		}
		if v == 0 || at+right > hi {
			hi = at + right
		}
	}
	return lo, hi
}

// conflicts are the arcs, by their ends, that cross one within a long line: they
// give way.
func (l *layers) conflicts() map[[2]int]bool {
	found := map[[2]int]bool{}
	for r := 1; r < len(l.order); r++ {
		order := l.order[r]
		first, from := 0, 0
		for i, v := range order {
			inner := l.inner(v)
			if inner < 0 && i < len(order)-1 {
				continue
			}
			last := len(l.order[r-1]) - 1
			if inner >= 0 {
				last = l.pos[inner]
			}
			for ; from <= i; from++ {
				l.markOutside(found, order[from], first, last)
			}
			first = last
		}
	}
	return found
}

// inner is the stop above that v continues in the same line, or -1.
func (l *layers) inner(v int) int {
	if l.real(v) {
		return -1
	}
	for _, a := range l.up[v] {
		if !l.real(a.to) {
			return a.to
		}
	}
	return -1
}

// markOutside finds the arcs of v that lead out of a range of places above.
func (l *layers) markOutside(found map[[2]int]bool, v, first, last int) {
	for _, a := range l.up[v] {
		if p := l.pos[a.to]; (p < first || p > last) && (l.real(v) || l.real(a.to)) {
			found[[2]int{a.to, v}] = true
		}
	}
}

// blocks is one of the four ways. It works as if from above and the left; up and
// order are turned for the others.
type blocks struct {
	*layers
	conflicts    map[[2]int]bool
	below, right bool
	order        [][]int
	pos          []int
	root, align  []int
}

func newBlocks(l *layers, conflicts map[[2]int]bool, below, right bool) *blocks {
	b := &blocks{
		layers: l, conflicts: conflicts, below: below, right: right,
		pos: make([]int, len(l.rank)), root: make([]int, len(l.rank)), align: make([]int, len(l.rank)),
	}
	b.order = l.saved()
	if below {
		slices.Reverse(b.order)
	}
	for _, order := range b.order {
		if right {
			slices.Reverse(order)
		}
		for i, v := range order {
			b.pos[v] = i
		}
	}
	for v := range b.root {
		b.root[v], b.align[v] = v, v
	}
	return b
}

// before are the neighbours in the rank before, in order.
func (b *blocks) before(v int) []arc {
	arcs := b.layers.up[v]
	if b.below {
		arcs = b.layers.down[v]
	}
	slices.SortFunc(arcs, func(x, y arc) int { return b.pos[x.to] - b.pos[y.to] })
	return arcs
}

// conflict reports whether an arc gives way.
func (b *blocks) conflict(before, v int) bool {
	if b.below {
		before, v = v, before
	}
	return b.conflicts[[2]int{before, v}]
}

// alignAll puts stops into lines with their middle neighbours.
func (b *blocks) alignAll() {
	for _, order := range b.order[1:] {
		free := 0
		for _, v := range order {
			arcs := b.before(v)
			n := len(arcs)
			if n == 0 {
				continue
			}
			for _, m := range []int{(n - 1) / 2, n / 2} {
				u := arcs[m].to
				if b.align[v] != v || b.pos[u] < free || b.conflict(u, v) {
					continue
				}
				b.align[u], b.root[v] = v, b.root[u]
				b.align[v] = b.root[v]
				free = b.pos[u] + 1
			}
		}
	}
}

// compact places the lines side by side: as far left as may be, and then those that
// have room towards what is right of them.
func (b *blocks) compact() []int {
	next, waits := b.graph()
	var sorted []int
	for v := range b.root {
		if b.root[v] == v && waits[v] == 0 {
			sorted = append(sorted, v)
		}
	}
	x := make([]int, len(b.root))
	for k := 0; k < len(sorted); k++ {
		v := sorted[k]
		for _, a := range next[v] {
			x[a.to] = max(x[a.to], x[v]+a.weight)
			if waits[a.to]--; waits[a.to] == 0 {
				sorted = append(sorted, a.to)
			}
		}
	}
	for _, v := range slices.Backward(sorted) {
		for i, a := range next[v] {
			if room := x[a.to] - a.weight; i == 0 {
				waits[v] = room
			} else {
				waits[v] = min(waits[v], room)
			}
		}
		if len(next[v]) > 0 {
			x[v] = max(x[v], waits[v])
		}
	}
	places := make([]int, len(x))
	for v, root := range b.root {
		places[v] = x[root]
		if b.right {
			places[v] = -x[root]
		}
	}
	return places
}

// graph joins the lines that stand beside each other, by their roots, with how far
// they must be apart.
func (b *blocks) graph() (next [][]arc, waits []int) {
	next, waits = make([][]arc, len(b.root)), make([]int, len(b.root))
	for _, order := range b.order {
		for i := 1; i < len(order); i++ {
			v, w := order[i-1], order[i]
			apart := 0
			if b.right {
				apart = b.apart(w, v)
			} else {
				apart = b.apart(v, w)
			}
			from, to := b.root[v], b.root[w]
			next[from] = append(next[from], arc{to, apart})
			waits[to]++
		}
	}
	return next, waits
}
