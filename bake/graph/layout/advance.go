package layout

// ahead are the arcs of a stop in a direction.
func (s *inserter) ahead(v, step int) []arc {
	if step > 0 {
		return s.down[v]
	}
	return s.up[v]
}

// leave is what a line from a node crosses on its way to gaps of the next rank.
func (s *inserter) leave(v int, to gaps, step int) []int {
	p, costs := s.pos[v], make([]int, to.last-to.first+1)
	for j, w := range s.rest[to.rank][to.first:to.last] {
		costs[j+1] = costs[j]
		arcs := s.ahead(w, -step)
		s.effort -= 1 + len(arcs)
		for _, a := range arcs {
			switch {
			case s.gone[a.to]:
			case s.pos[a.to] < p:
				costs[j+1] -= a.weight
			case s.pos[a.to] > p:
				costs[j+1] += a.weight
			}
		}
	}
	return costs
}

// advance is the way from the gaps of one rank to those of the next. What crosses a
// line from gap i to gap j is kept while these move. The further right a line ends,
// the further right it begins at best, so halves can be searched on their own.
type advance struct {
	*inserter
	step        int
	costs       []int // of the gaps here
	here, there gaps
	i, j, cross int
	next, from  []int // by gap there
}

// run goes the way and tells what the gaps there cost.
func (a *advance) run() []int {
	n := a.there.last - a.there.first + 1
	a.next, a.from = make([]int, n), make([]int, n)
	a.i, a.j = a.here.first, a.there.first
	a.between(a.there.first, a.there.last, a.here.first, a.here.last)
	return a.next
}

// between finds the best beginnings, which lie in gaps from lo to hi, for ends in
// gaps from first to last.
func (a *advance) between(first, last, lo, hi int) {
	if first > last {
		return
	}
	middle := (first + last) / 2
	best, from := 0, -1
	for i := lo; i <= hi; i++ {
		a.seek(i, middle)
		cost := a.costs[i-a.here.first] + a.cross
		if from < 0 || cost < best || cost == best && a.last {
			best, from = cost, i
		}
	}
	a.next[middle-a.there.first], a.from[middle-a.there.first] = best, from
	a.between(first, middle-1, lo, from)
	a.between(middle+1, last, from, hi)
}

// seek moves the line.
func (a *advance) seek(i, j int) {
	for ; a.i < i; a.i++ {
		a.cross += a.passHere(a.i)
	}
	for a.i > i {
		a.i--
		a.cross -= a.passHere(a.i)
	}
	for ; a.j < j; a.j++ {
		a.cross += a.passThere(a.j)
	}
	for a.j > j {
		a.j--
		a.cross -= a.passThere(a.j)
	}
}

// passHere is what is crossed more when the beginning moves right, past a stop.
func (a *advance) passHere(i int) int {
	return a.pass(a.ahead(a.rest[a.here.rank][i], a.step), a.j)
}

// passThere is what is crossed more when the end moves right, past a stop.
func (a *advance) passThere(j int) int {
	return a.pass(a.ahead(a.rest[a.there.rank][j], -a.step), a.i)
}

// pass is what of arcs is crossed more when one end of a line moves right past where
// they begin, and its other end is at a place.
func (a *advance) pass(arcs []arc, at int) int {
	n := 0
	a.effort -= 1 + len(arcs)
	for _, x := range arcs {
		switch {
		case a.gone[x.to]:
		case a.pos[x.to] >= at:
			n += x.weight
		default:
			n -= x.weight
		}
	}
	return n
}
