package layout

// relax places stops in time that grows with their number alone: rank by rank, each
// goes as near to the middle of its neighbours as those beside it let it.
func (l *layers) relax() []int {
	r := relaxer{layers: l, x: make([]int, len(l.rank))}
	for _, order := range l.order {
		for i := 1; i < len(order); i++ {
			r.x[order[i]] = r.x[order[i-1]] + l.apart(order[i-1], order[i])
		}
		if n := len(order); n > 0 { // ranks are centred at first
			middle := r.x[order[n-1]] / 2
			for _, v := range order {
				r.x[v] -= middle
			}
		}
	}
	for round := range 24 {
		r.straight = round >= 16
		for k := range l.order {
			if round%2 == 0 {
				r.settle(l.order[k], l.up, l.down)
			} else {
				r.settle(l.order[len(l.order)-1-k], l.down, l.up)
			}
		}
	}
	return r.x
}

// relaxer holds the places of stops.
type relaxer struct {
	*layers
	x        []int
	straight bool // long lines go on where they came from
	spreader
}

// settle places a rank.
func (r *relaxer) settle(order []int, before, after [][]arc) {
	r.spread(len(order),
		func(i int) int { return r.apart(order[i-1], order[i]) },
		func(i int) (sum, weight int) { return r.wish(order[i], before[order[i]], after[order[i]]) },
		func(i, x int) { r.x[order[i]] = x })
}

// spreader places things in a row.
type spreader struct{ heaps []heap }

// heap is a run of things that touch each other, and are placed as one.
type heap struct{ sum, weight, things int }

func (h heap) mean() int {
	m := h.sum / h.weight
	if h.sum < 0 && h.sum%h.weight != 0 {
		m-- // rounds down on both sides of zero, or things would not stay apart
	}
	return m
}

// spread puts each of n things where it wishes to be, which is sum over weight, and
// those that are in each other's way at the mean of that. Apart is how far a thing
// is at least from the one before. Wishes are counted from where a thing would be
// if all stood as near as they may.
func (s *spreader) spread(n int, apart func(i int) int, wish func(i int) (sum, weight int), put func(i, x int)) {
	s.heaps = s.heaps[:0]
	offset := 0
	for i := range n {
		if i > 0 {
			offset += apart(i)
		}
		sum, weight := wish(i)
		h := heap{sum - offset*weight, weight, 1}
		for k := len(s.heaps) - 1; k >= 0 && s.heaps[k].mean() > h.mean(); k-- {
			h = heap{h.sum + s.heaps[k].sum, h.weight + s.heaps[k].weight, h.things + s.heaps[k].things}
			s.heaps = s.heaps[:k]
		}
		s.heaps = append(s.heaps, h)
	}
	i, offset := 0, 0
	for _, h := range s.heaps {
		for range h.things {
			if i > 0 {
				offset += apart(i)
			}
			put(i, h.mean()+offset)
			i++
		}
	}
}

// wish is the weighted place that a stop would have on its own.
func (r *relaxer) wish(v int, before, after []arc) (sum, weight int) {
	if r.straight && !r.real(v) && len(before) == 1 {
		w := 8 * before[0].weight
		return r.x[before[0].to] * w, w
	}
	for _, arcs := range [][]arc{before, after} {
		for _, a := range arcs {
			w := a.weight * r.stiffness(v, a.to)
			sum += r.x[a.to] * w
			weight += w
		}
	}
	if weight == 0 {
		return r.x[v], 1
	}
	return sum, weight
}
