package layout

import (
	"math/bits"
	"slices"
)

// inserter takes a node out of an order, with the stops of its lines, and puts it
// back where its lines cross least. For each line the cheapest way through the
// ranks is found, from its other end to any gap of the node's rank: a shortest
// path, for what a line crosses between two ranks depends on its two gaps alone.
// The lines of a node do not count among each other.
type inserter struct {
	*layers
	lines  [][]int // of each node; of those that share all stops, the first
	weight []int   // of a line, with those that share its stops
	gone   []bool  // stops that are out
	rest   [][]int // what is left in each rank
	effort int     // steps that may still be taken
	window int     // how many gaps to either side of a stop are looked at
	last   bool    // of equal gaps, the last is taken and not the first
}

func newInserter(l *layers, effort int) *inserter {
	s := &inserter{
		layers: l, lines: make([][]int, len(l.part.nodes)), gone: make([]bool, len(l.rank)),
		rest: make([][]int, len(l.order)), effort: effort,
	}
	s.weight = make([]int, len(l.paths))
	first := map[[2]int]int{}
	for i, path := range l.paths {
		head := len(path) - 1
		key := [2]int{path[head-1], path[head]} // shared stops are so from the tail on
		k, ok := first[key]
		if !ok {
			k, first[key] = i, i
			s.lines[path[0]] = append(s.lines[path[0]], i)
			s.lines[path[head]] = append(s.lines[path[head]], i)
		}
		s.weight[k]++
	}
	return s
}

// reinsert moves all nodes, until that hardly helps. It tells what it took.
func (l *layers) reinsert(effort int) int {
	s := newInserter(l, effort)
	s.window = s.affordable(effort / 3)
	best, least := l.saved(), l.crossings()
	for idle := 0; idle < 2 && least > 0 && s.effort > 0; s.last = !s.last {
		for v := range l.part.nodes {
			if s.effort > 0 {
				s.move(v)
			}
		}
		c := l.crossings()
		idle++
		if c < least-least/200 {
			idle = 0
		}
		if c < least {
			best, least = l.saved(), c
		}
	}
	l.restore(best)
	return effort - s.effort
}

// affordable is the widest window in which all nodes can be moved once.
func (s *inserter) affordable(effort int) int {
	window := 1
	for _, order := range s.order {
		window = max(window, len(order))
	}
	for ; window > 8; window /= 2 {
		steps := 0
		for i, path := range s.paths {
			if s.weight[i] == 0 {
				continue
			}
			for _, v := range path[1:] {
				n := min(2*window, len(s.order[s.rank[v]]))
				steps += 6*n*bits.Len(uint(n)) + len(s.order[s.rank[v]])
			}
		}
		if steps <= effort {
			break
		}
	}
	return window
}

// course is a line on its way from its other end to the node that is moved: the
// gap in each rank that it passes, and what that costs.
type course struct {
	line  int
	stops []int   // from the far end, without both ends
	far   int     // the node there
	step  int     // 1 down, -1 up
	room  []gaps  // by stop
	from  [][]int // by stop and gap: the gap of the stop before
	gaps  []int   // what was chosen
}

// move takes out a node and puts it back.
func (s *inserter) move(v int) {
	courses := s.courses(v)
	lo, hi := s.remove(v, courses)
	around := s.around(v)
	sum := make([]int, around.last-around.first+1)
	for i := range courses {
		c := &courses[i]
		for g, cost := range s.explore(c, around) {
			sum[g] += cost * s.weight[c.line]
		}
	}
	gap := around.first + s.cheapest(sum)
	for i := range courses {
		courses[i].choose(gap)
	}
	s.insert(v, gap, courses, lo, hi)
}

// gaps are some of a rank.
type gaps struct{ rank, first, last int }

// around are the gaps that are looked at for a stop that is out.
func (s *inserter) around(v int) gaps {
	r, at := s.rank[v], s.pos[v]
	return gaps{r, max(0, at-s.window), min(len(s.rest[r]), at+s.window)}
}

// courses are the lines of a node.
func (s *inserter) courses(v int) []course {
	var out []course
	for _, i := range s.lines[v] {
		path := s.paths[i]
		c := course{line: i}
		if path[0] == v {
			c.far, c.step = path[len(path)-1], -1
			c.stops = slices.Clone(path[1 : len(path)-1])
			slices.Reverse(c.stops)
		} else {
			c.far, c.step = path[0], 1
			c.stops = path[1 : len(path)-1]
		}
		out = append(out, c)
	}
	return out
}

// remove takes a node and its stops out, and says in which ranks they were.
func (s *inserter) remove(v int, courses []course) (lo, hi int) {
	s.gone[v] = true
	lo, hi = s.rank[v], s.rank[v]
	for _, c := range courses {
		lo, hi = min(lo, s.rank[c.far]), max(hi, s.rank[c.far])
		for _, w := range c.stops {
			s.gone[w] = true
		}
	}
	for r := lo; r <= hi; r++ {
		s.effort -= 2 * len(s.order[r])
		s.rest[r] = s.rest[r][:0]
		for _, w := range s.order[r] {
			s.pos[w] = len(s.rest[r]) // of one that is out, the gap
			if !s.gone[w] {
				s.rest[r] = append(s.rest[r], w)
			}
		}
	}
	return lo, hi
}

// explore finds what each of the gaps home costs a course. Costs are told apart
// from each other; from where they are counted does not matter.
func (s *inserter) explore(c *course, home gaps) []int {
	for _, w := range c.stops {
		c.room = append(c.room, s.around(w))
	}
	c.room = append(c.room, home)
	costs := s.leave(c.far, c.room[0], c.step)
	for k := 1; k < len(c.room); k++ {
		a := advance{inserter: s, step: c.step, costs: costs, here: c.room[k-1], there: c.room[k]}
		costs = a.run()
		c.from = append(c.from, a.from)
	}
	return costs
}

// cheapest is the gap that costs least.
func (s *inserter) cheapest(costs []int) int {
	best := 0
	for g, c := range costs {
		if c < costs[best] || c == costs[best] && s.last {
			best = g
		}
	}
	return best
}

// choose follows a course back from the gap where it ends.
func (c *course) choose(gap int) {
	c.gaps = make([]int, len(c.stops))
	for k := len(c.stops) - 1; k >= 0; k-- {
		gap = c.from[k][gap-c.room[k+1].first]
		c.gaps[k] = gap
	}
}

// placed is a stop that goes into a gap.
type placed struct{ gap, course, stop int }

// insert puts a node and its stops back.
func (s *inserter) insert(v, gap int, courses []course, lo, hi int) {
	into := make([][]placed, hi-lo+1)
	into[s.rank[v]-lo] = []placed{{gap, -1, v}}
	for i, c := range courses {
		for k, w := range c.stops {
			r := s.rank[w] - lo
			into[r] = append(into[r], placed{c.gaps[k], i, w})
		}
	}
	for r := lo; r <= hi; r++ {
		slices.SortStableFunc(into[r-lo], func(a, b placed) int {
			if a.gap != b.gap {
				return a.gap - b.gap
			}
			return s.parting(&courses[a.course], &courses[b.course], r)
		})
	}
	for r := lo; r <= hi; r++ {
		out, next := s.order[r][:0], into[r-lo]
		for i := 0; i <= len(s.rest[r]); i++ {
			for ; len(next) > 0 && next[0].gap == i; next = next[1:] {
				out = append(out, next[0].stop)
				s.gone[next[0].stop] = false
			}
			if i < len(s.rest[r]) {
				out = append(out, s.rest[r][i])
			}
		}
		s.reorder(r, out)
	}
}

// parting compares two courses that pass a rank in the same gap, by where they part
// on the way to their far ends.
func (s *inserter) parting(a, b *course, r int) int {
	for {
		r -= a.step
		p, q := a.where(s, r), b.where(s, r)
		if p != q {
			return p - q
		}
		if r == s.rank[a.far] || r == s.rank[b.far] {
			return a.line - b.line
		}
	}
}

// where is the place of a course in a rank: gaps are even, stops odd.
func (c *course) where(s *inserter, r int) int {
	if r == s.rank[c.far] {
		return 2*s.pos[c.far] + 1
	}
	return 2 * c.gaps[(r-s.rank[c.far])*c.step-1]
}
