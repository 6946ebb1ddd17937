package layout

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// ordered are some parts in their ranks, in any order.
func ordered(t *testing.T, seeds uint64, how sharing, f func(seed uint64, l *layers)) {
	t.Helper()
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 21))
		for _, p := range split(random(r, 4+r.IntN(20), 8+r.IntN(40)), usual) {
			l := newLayers(p, p.ranks(), how)
			for rank, order := range l.order {
				r.Shuffle(len(order), func(i, k int) { order[i], order[k] = order[k], order[i] })
				l.reorder(rank, order)
			}
			f(seed, l)
		}
	}
}

// slowCrossings compares every two arcs.
func slowCrossings(l *layers) int {
	n := 0
	for _, order := range l.order {
		for i, v := range order {
			for _, w := range order[i+1:] {
				for _, a := range l.down[v] {
					for _, b := range l.down[w] {
						if l.pos[a.to] > l.pos[b.to] {
							n += a.weight * b.weight
						}
					}
				}
			}
		}
	}
	return n
}

// TestCounting: crossings are counted as who compares every two arcs counts them,
// and what an exchange of neighbours gains is the difference.
func TestCounting(t *testing.T) {
	for _, how := range []sharing{none, parallel, ends} {
		ordered(t, 60, how, func(seed uint64, l *layers) {
			before := l.crossings()
			if slow := slowCrossings(l); before != slow {
				t.Fatalf("seed %d: %d crossings, %d by pairs", seed, before, slow)
			}
			for r, order := range l.order {
				for i := 1; i < len(order); i++ {
					v, w := order[i-1], order[i]
					for _, u := range []int{v, w} {
						l.byPlace(l.up[u])
						l.byPlace(l.down[u])
					}
					gain := l.swapGain(l.up[v], l.up[w]) + l.swapGain(l.down[v], l.down[w])
					order[i-1], order[i] = w, v
					l.reorder(r, order)
					if after := slowCrossings(l); before-after != gain {
						t.Fatalf("seed %d: gains %d, not %d", seed, gain, before-after)
					}
					order[i-1], order[i] = v, w
					l.reorder(r, order)
				}
			}
		})
	}
}

// TestInsertion: a node goes back to a place than which no other is better, of all
// places that it and the stop of its one line may have.
func TestInsertion(t *testing.T) {
	tried := 0
	ordered(t, 300, parallel, func(seed uint64, l *layers) {
		s := newInserter(l, 1e9)
		s.window = 1000
		for v, lines := range s.lines {
			if len(lines) != 1 {
				continue
			}
			moved := slices.Clone(l.paths[lines[0]])
			if moved[0] == v {
				moved = moved[:len(moved)-1]
			} else {
				moved = moved[1:]
			}
			if len(moved) > 3 {
				continue
			}
			tried++
			s.move(v)
			got := slowCrossings(l)
			before := l.saved()
			if best := l.bestPlaces(moved); got != best {
				t.Fatalf("seed %d, node %d: %d crossings, %d at best", seed, v, got, best)
			}
			l.restore(before)
		}
	})
	if tried < 100 {
		t.Errorf("only %d nodes were tried", tried)
	}
}

// bestPlaces tries all places of stops.
func (l *layers) bestPlaces(stops []int) int {
	if len(stops) == 0 {
		return slowCrossings(l)
	}
	v, best := stops[0], -1
	r := l.rank[v]
	rest := slices.DeleteFunc(slices.Clone(l.order[r]), func(w int) bool { return w == v })
	for gap := range len(rest) + 1 {
		l.reorder(r, slices.Insert(slices.Clone(rest), gap, v))
		if n := l.bestPlaces(stops[1:]); best < 0 || n < best {
			best = n
		}
	}
	return best
}

// TestOrderIsKept: lines that get stops of their own cross no lines but those that
// they crossed together.
func TestOrderIsKept(t *testing.T) {
	ordered(t, 60, parallel, func(seed uint64, l *layers) {
		if a, b := l.crossings(), l.unbundle(none).crossings(); a != b {
			t.Fatalf("seed %d: %d crossings together, %d apart", seed, a, b)
		}
	})
	ordered(t, 60, ends, func(seed uint64, l *layers) {
		if a, b := l.crossings(), l.unbundle(parallel).crossings(); a < b {
			t.Fatalf("seed %d: %d crossings together, %d apart", seed, a, b)
		}
	})
}

// TestRanks: lines lead down as far as they must, and no ranks make them shorter.
func TestRanks(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 8))
		n := 2 + r.IntN(4)
		for _, p := range split(random(r, n, n+r.IntN(4)), Options{Unflatten: r.IntN(3)}) {
			spans, rank := p.spans(), p.ranks()
			got, ok := measure(rank, spans)
			if !ok {
				t.Fatalf("seed %d: ranks %v are too near", seed, rank)
			}
			if best := shortest(make([]int, len(rank)), 0, spans); got != best {
				t.Fatalf("seed %d: length %d, %d at best", seed, got, best)
			}
		}
	}
}

// measure is how long spans are together, and whether each is long enough.
func measure(at []int, spans []span) (length int, ok bool) {
	for _, s := range spans {
		d := at[s.to] - at[s.from]
		if d < s.least {
			return 0, false
		}
		length += d * s.weight
	}
	return length, true
}

// shortest tries all ranks up to 8, from node v on; -1 if none will do.
func shortest(at []int, v int, spans []span) int {
	if v == len(at) {
		if n, ok := measure(at, spans); ok {
			return n
		}
		return -1
	}
	best := -1
	for r := range 9 {
		at[v] = r
		if n := shortest(at, v+1, spans); n >= 0 && (best < 0 || n < best) {
			best = n
		}
	}
	return best
}

// TestPlaces: stops of a rank stand apart, and the simplex never makes lines longer.
func TestPlaces(t *testing.T) {
	ordered(t, 80, none, func(seed uint64, l *layers) {
		x := l.relax()
		y := l.straighten(x)
		for _, at := range [][]int{x, y} {
			for _, order := range l.order {
				for i := 1; i < len(order); i++ {
					if v, w := order[i-1], order[i]; at[w]-at[v] < l.apart(v, w) {
						t.Fatalf("seed %d: stops %d and %d are %d apart, not %d", seed, v, w, at[w]-at[v], l.apart(v, w))
					}
				}
			}
		}
		if a, b := l.length(x), l.length(y); b > a {
			t.Fatalf("seed %d: length %d, and %d straightened", seed, a, b)
		}
	})
}
