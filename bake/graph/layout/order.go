package layout

import "slices"

// Effort is counted in steps of some nanoseconds, so that the same graph is
// searched as far on every machine.
const (
	searchEffort = 80_000_000 // for one part
	againEffort  = 30_000_000 // for orders besides the first
	manyStops    = 20_000     // larger parts are searched less, and not tidied
)

// starts is how many orders a walk can begin with, patience how many orders may
// come to nothing, stepsPerArc what sweeps cost.
const (
	starts      = 8
	patience    = 4
	manyRounds  = 24
	fewRounds   = 8 // of sweeps where there are many stops
	stepsPerArc = 300
)

// arrange orders the ranks of a part so that few lines cross, and of such orders
// takes one in which they are short. Sweeps give an order to begin with, in which
// nodes are then moved one by one. Where that ends depends on where it began, so
// there are several beginnings.
func (p *part) arrange(rank []int) *layers {
	var c contest
	left := searchEffort
	for try := range 2 * starts {
		l, used := p.begin(rank, try, left)
		length := 0
		if len(l.rank) <= manyStops {
			length = l.tidy()
		}
		c.offer(l, length)
		used += l.size() * stepsPerArc
		if left -= used; try == 0 {
			left = againEffort
		}
		if left < used || c.idle == patience || p.bundle && try+1 == starts {
			break
		}
	}
	if p.bundle {
		return c.best
	}
	return c.best.unbundle(none)
}

// contest finds the best of several orders.
type contest struct {
	best              *layers
	crossings, length int
	idle              int // how many came to nothing
}

func (c *contest) offer(l *layers, length int) {
	crossings := l.crossings()
	c.idle++
	if c.best == nil || crossings < c.crossings {
		c.idle = 0
	} else if crossings > c.crossings || length >= c.length {
		return
	}
	c.best, c.crossings, c.length = l, crossings, length
}

// begin makes an order, and tells what it took. In every other one the lines that
// share an end were ordered as one at first, which is quick and finds the great
// lines; in all, if they are to be drawn as one.
func (p *part) begin(rank []int, try, effort int) (l *layers, used int) {
	if p.bundle {
		l = newLayers(p, rank, ends)
		l.walk(try)
		l.improve()
		used = l.sift(effort)
	} else {
		how := parallel
		if try%2 == 1 {
			how = ends
		}
		l = newLayers(p, rank, how)
		l.walk(try / 2)
		l.improve()
		if how == ends {
			l = l.unbundle(parallel)
		}
		if len(l.rank) > manyStops {
			effort /= 2 // moves gain less there, and each takes longer
		}
		used = l.reinsert(effort)
	}
	return l, used
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
func (l *layers) improve() {
	rounds, large := manyRounds, len(l.rank) > manyStops
	if large {
		rounds = fewRounds
	}
	best, least := l.saved(), l.crossings()
	idle := 0
	for round := range rounds {
		l.sweep(round)
		if !large {
			l.transpose()
		}
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
		return s.between(arcs, parts)
	}
	sum, weight := 0, 0
	for _, a := range arcs {
		sum += s.pos[a.to] * a.weight
		weight += a.weight
	}
	return sum * parts / weight
}

// between is the place of the arc in the middle. Of two, it is nearer to that side
// on which the arcs are closer to each other.
func (s *sorter) between(arcs []arc, parts int) int {
	n := len(arcs)
	at := func(i int) int { return s.pos[arcs[i].to] }
	if n%2 == 1 {
		return at(n/2) * parts
	}
	left, right := at(n/2-1)-at(0), at(n-1)-at(n/2)
	if left+right == 0 {
		return (at(n/2-1) + at(n/2)) * parts / 2
	}
	return (at(n/2-1)*right + at(n/2)*left) * parts / (left + right)
}
