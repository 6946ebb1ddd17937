package layout

import "slices"

// arrange orders the ranks of a part so that few lines cross. The lines that share
// an end are first ordered as one, which is quick and finds the great lines, and
// then each of its own, unless they are to be drawn as one.
func (p *part) arrange(rank []int) *layers {
	bundled := newLayers(p, rank, true)
	bundled.search()
	if p.bundle {
		return bundled
	}
	best := bundled.unbundle()
	best.polish()
	if len(best.rank) > manyStops {
		return best
	}
	other := newLayers(p, rank, false)
	other.search()
	if other.crossings() < best.crossings() {
		best = other
	}
	return best
}

// manyStops is where lines of their own are only polished.
const manyStops = 3000

// search orders from several starts and keeps the best.
func (l *layers) search() {
	best, least := l.saved(), -1
	size := l.size()
	for start := range starts {
		if start > 0 && size*(start+1) > searchEffort {
			break
		}
		l.begin(start)
		l.improve(24)
		if c := l.crossings(); least < 0 || c < least {
			best, least = l.saved(), c
		}
		if least == 0 {
			break
		}
	}
	l.restore(best)
}

// starts is how many orders a search begins with, and searchEffort the size of a
// part times their number that it may look through.
const (
	starts       = 8
	searchEffort = 200_000
)

// size is how many arcs there are.
func (l *layers) size() int {
	n := 0
	for _, arcs := range l.down {
		n += len(arcs)
	}
	return n
}

func (l *layers) saved() [][]int {
	out := make([][]int, len(l.order))
	for r := range out {
		out[r] = slices.Clone(l.order[r])
	}
	return out
}

func (l *layers) restore(order [][]int) {
	for r := range order {
		l.reorder(r, slices.Clone(order[r]))
	}
}

// begin orders the ranks as a walk through the part meets their stops: in breadth
// or in depth, from above or from below, from the left or from the right.
func (l *layers) begin(start int) {
	seen := make([]bool, len(l.rank))
	order := make([][]int, len(l.order))
	next := l.down
	if start&1 != 0 {
		next = l.up
	}
	visit := func(v int) {
		seen[v] = true
		order[l.rank[v]] = append(order[l.rank[v]], v)
	}
	walk := func(v int) {
		queue := []int{v}
		visit(v)
		for len(queue) > 0 {
			var v int
			if start&2 == 0 {
				v, queue = queue[0], queue[1:]
			} else {
				v, queue = queue[len(queue)-1], queue[:len(queue)-1]
			}
			for _, arcs := range [][]arc{next[v], l.up[v], l.down[v]} {
				for _, a := range arcs {
					if !seen[a.to] {
						visit(a.to)
						queue = append(queue, a.to)
					}
				}
			}
		}
	}
	for v := range l.rank {
		if !seen[v] {
			walk(v)
		}
	}
	for r := range order {
		if start&4 != 0 {
			slices.Reverse(order[r])
		}
		l.reorder(r, order[r])
	}
}

// improve sweeps down and up the ranks, until that has long helped nothing.
func (l *layers) improve(rounds int) {
	best, least := l.saved(), l.crossings()
	idle := 0
	for round := range rounds {
		l.sweep(round)
		l.transpose()
		c := l.crossings()
		if c < least {
			best, least, idle = l.saved(), c, 0
			continue
		}
		if idle++; idle == 6 || least == 0 {
			break
		}
	}
	l.restore(best)
}

// polish changes an order only for the better.
func (l *layers) polish() {
	l.transpose()
}

// sweep orders each rank by where its neighbours are, in the rank before.
func (l *layers) sweep(round int) {
	s := sorter{layers: l, key: make([]int, len(l.rank)), flip: round&2 != 0, median: round&4 != 0}
	if round&1 == 0 {
		for r := 1; r < len(l.order); r++ {
			s.sort(r, l.up)
		}
		return
	}
	for r := len(l.order) - 2; r >= 0; r-- {
		s.sort(r, l.down)
	}
}

// sorter orders a rank by the mean or the median of neighbours' places.
type sorter struct {
	*layers
	key          []int
	flip, median bool // flip: equals change their places
}

func (s *sorter) sort(r int, neighbours [][]arc) {
	order := s.order[r]
	var moved []int
	for _, v := range order {
		if len(neighbours[v]) > 0 {
			s.key[v] = s.middle(neighbours[v])
			moved = append(moved, v)
		}
	}
	if s.flip {
		slices.Reverse(moved)
	}
	slices.SortStableFunc(moved, func(v, w int) int { return s.key[v] - s.key[w] })
	next := 0
	for i, v := range order {
		if len(neighbours[v]) > 0 {
			order[i] = moved[next]
			next++
		}
	}
	s.reorder(r, order)
}

// middle is a place, in small parts of one.
func (s *sorter) middle(arcs []arc) int {
	const parts = 1 << 12
	if s.median {
		s.byPlace(arcs)
		n := len(arcs)
		return (s.pos[arcs[(n-1)/2].to] + s.pos[arcs[n/2].to]) * parts / 2
	}
	sum, weight := 0, 0
	for _, a := range arcs {
		sum += s.pos[a.to] * a.weight
		weight += a.weight
	}
	return sum * parts / weight
}
