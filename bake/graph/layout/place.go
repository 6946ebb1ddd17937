package layout

// fewPlaces is where the network simplex is quick enough to find the best places.
const (
	fewPlaces   = 12_000
	placeEffort = 60_000_000
)

// place gives each stop its place in its rank, so that arcs are straight, most of
// all those within long lines.
func (l *layers) place() []int {
	x := l.relax()
	if len(x)+l.size() <= fewPlaces {
		x = l.straighten(x)
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

// extent is how far a stop reaches to the left and right of its place.
func (l *layers) extent(v int) (left, right int) {
	switch {
	case l.real(v):
		return l.part.half[v], l.part.half[v] + l.part.side[v].width()
	case l.label[v] >= 0:
		return 0, labelGap + l.part.lines[l.label[v]].w
	}
	return 0, 0
}

// apart is how far the place of w is at least to the right of that of v, beside
// which it stands.
func (l *layers) apart(v, w int) int {
	_, right := l.extent(v)
	left, _ := l.extent(w)
	gap := l.part.nodeSep
	switch thin := !l.real(v) || !l.real(w); {
	case thin && !l.real(v) && !l.real(w):
		gap = max(min(gap/2, portGap), lineGap)
	case thin:
		gap = max(gap/2, lineGap)
	}
	return left + right + gap
}

// straighten finds the places from which arcs deviate least: those that a line
// goes on straight weigh most.
func (l *layers) straighten(x []int) []int {
	n := len(x)
	var spans []span
	at := append([]int(nil), x...)
	for v, arcs := range l.down {
		for _, a := range arcs {
			bend := len(at) // at the place of the one that is further left
			at = append(at, min(x[v], x[a.to]))
			weight := a.weight * l.stiffness(v, a.to)
			spans = append(spans, span{bend, v, 0, weight}, span{bend, a.to, 0, weight})
		}
	}
	for _, order := range l.order {
		for i := 1; i < len(order); i++ {
			spans = append(spans, span{order[i-1], order[i], l.apart(order[i-1], order[i]), 0})
		}
	}
	s := newSimplex(at, spans)
	s.solve(placeEffort)
	s.center()
	return s.at[:n]
}

// stiffness is how much an arc wants to be straight.
func (l *layers) stiffness(v, w int) int {
	switch a, b := l.real(v), l.real(w); {
	case a && b:
		return 1
	case a || b:
		return 2
	}
	return 8
}
