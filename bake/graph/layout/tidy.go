package layout

// tidy exchanges neighbours that cross as little in either order, but would rather
// stand in the other one, as long as lines become shorter by it. It tells how far
// lines lead to a side then.
func (l *layers) tidy() int {
	x := l.relax()
	best, length := l.saved(), l.length(x)
	for range 6 {
		if !l.exchange(x) {
			break
		}
		x = l.relax()
		now := l.length(x)
		if now >= length {
			break
		}
		best, length = l.saved(), now
	}
	l.restore(best)
	return length
}

// length is how far to a side lines lead, from places x.
func (l *layers) length(x []int) int {
	sum := 0
	for v, arcs := range l.down {
		for _, a := range arcs {
			sum += a.weight * l.stiffness(v, a.to) * max(x[v]-x[a.to], x[a.to]-x[v])
		}
	}
	return sum
}

// exchange does so once in all ranks, and reports whether it did anything.
func (l *layers) exchange(x []int) bool {
	changed := false
	wish := make([]int, len(x))
	for v := range wish {
		wish[v] = l.middle(v, x)
	}
	for _, order := range l.order {
		for _, v := range order {
			l.byPlace(l.up[v])
			l.byPlace(l.down[v])
		}
		for swapped, rounds := true, 0; swapped && rounds < len(order); rounds++ {
			swapped = false
			for i := 1; i < len(order); i++ {
				v, w := order[i-1], order[i]
				if wish[v] <= wish[w] || l.swapGain(l.up[v], l.up[w])+l.swapGain(l.down[v], l.down[w]) < 0 {
					continue
				}
				order[i-1], order[i] = w, v
				l.pos[w], l.pos[v] = i-1, i
				swapped, changed = true, true
			}
		}
	}
	return changed
}

// middle is where the neighbours of a stop are, above and below.
func (l *layers) middle(v int, x []int) int {
	sum, n := 0, 0
	for _, arcs := range [][]arc{l.up[v], l.down[v]} {
		for _, a := range arcs {
			sum += a.weight * x[a.to]
			n += a.weight
		}
	}
	if n == 0 {
		return x[v]
	}
	return sum / n
}
