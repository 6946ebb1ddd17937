package layout

import "slices"

// Effort is counted in steps of some nanoseconds, so that the same graph is
// searched as far on every machine.
const (
	searchEffort = 150_000_000 // for one part
	againEffort  = 60_000_000  // for orders besides the first
)

// arrange orders the ranks of a part so that few lines cross. Sweeps give an order
// to begin with, in which nodes are then moved one by one. Where that ends depends
// on where it began, so there are several beginnings.
func (p *part) arrange(rank []int) *layers {
	if p.bundle {
		l := newLayers(p, rank, true)
		l.search()
		return l
	}
	var best *layers
	least, left, idle := 0, searchEffort, 0
	for try := range 2 * starts {
		l := p.begin(rank, try)
		used := l.reinsert(left)
		idle++
		if c := l.crossings(); best == nil || c < least {
			best, least, idle = l, c, 0
		}
		if try == 0 {
			left = againEffort
		}
		left -= used + l.size()*stepsPerArc
		if least == 0 || left < used || idle == patience {
			break
		}
	}
	best.tidy()
	return best
}

// starts is how many orders a walk can begin with, patience how many may come to
// nothing, stepsPerArc what sweeps cost.
const (
	starts      = 8
	patience    = 6
	stepsPerArc = 300
)

// begin is an order that sweeps have improved. In every other one, the lines that
// share an end were ordered as one, which is quick and finds the great lines.
func (p *part) begin(rank []int, try int) *layers {
	l := newLayers(p, rank, try%2 == 0)
	l.walk(try / 2)
	l.improve(24)
	if try%2 == 0 {
		l = l.unbundle()
	}
	return l
}

// search orders from several starts and keeps the best.
func (l *layers) search() {
	best, least := l.saved(), -1
	left := againEffort
	for start := range starts {
		l.walk(start)
		l.improve(24)
		left -= l.sift(left) + l.size()*stepsPerArc
		if c := l.crossings(); least < 0 || c < least {
			best, least = l.saved(), c
		}
		if least == 0 || left < 0 {
			break
		}
	}
	l.restore(best)
	l.tidy()
}

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

// walk orders the ranks as a walk through the part meets their stops: in breadth
// or in depth, from above or from below, from the left or from the right.
func (l *layers) walk(start int) {
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
	from := func(v int) {
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
			from(v)
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
