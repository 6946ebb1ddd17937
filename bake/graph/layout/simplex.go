package layout

// simplex finds whole numbers for nodes, so that each edge is at least as long as
// it must be and the weighted sum of lengths is least: the network simplex of
// Gansner, Koutsofios, North and Vo (1993). It gives nodes their ranks, and places
// in their ranks.
type simplex struct {
	edges   []span
	at      []int   // the number of each node
	around  [][]int // its edges
	inTree  []bool  // by edge
	tree    []int   // the edges of the spanning tree
	cut     []int   // by edge: what lengthening it would cost
	parent  []int   // the tree edge towards the root, by node; -1 at the root
	low     []int   // the least number in the walk of the tree below a node
	last    []int   // its own number there
	visited []int   // nodes by that number
	cursor  int     // where the search for an edge to leave goes on
	effort  int     // steps that may still be taken
}

// span asks at[to] - at[from] to be at least least, and as little more as weight
// is heavy.
type span struct{ from, to, least, weight int }

// newSimplex starts from numbers that satisfy all spans, which must join all nodes.
func newSimplex(at []int, edges []span) *simplex {
	n := len(at)
	s := &simplex{
		edges: edges, at: at, around: make([][]int, n), inTree: make([]bool, len(edges)),
		cut: make([]int, len(edges)), parent: make([]int, n), low: make([]int, n), last: make([]int, n),
		visited: make([]int, n),
	}
	degree := make([]int, n)
	for _, e := range edges {
		degree[e.from]++
		degree[e.to]++
	}
	room := make([]int, 2*len(edges))
	for v, d := range degree {
		s.around[v], room = room[:0:d], room[d:]
	}
	for i, e := range edges {
		s.around[e.from] = append(s.around[e.from], i)
		s.around[e.to] = append(s.around[e.to], i)
	}
	return s
}

func (s *simplex) slack(e int) int {
	x := &s.edges[e]
	return s.at[x.to] - s.at[x.from] - x.least
}

// other is the end of an edge that is not v.
func (s *simplex) other(e, v int) int { return s.edges[e].from + s.edges[e].to - v }

// solve improves the numbers until none is better, or effort is used up.
func (s *simplex) solve(effort int) {
	if len(s.at) < 2 {
		return
	}
	s.effort = effort
	s.span()
	s.number(0, -1, 0)
	s.weigh()
	for s.effort > 0 {
		e := s.leaving()
		if e < 0 {
			return
		}
		f := s.entering(e)
		if f < 0 {
			return
		}
		s.exchange(e, f)
	}
}

// span makes a tree of edges without slack, moving what it has got towards the
// nearest node that it lacks.
func (s *simplex) span() {
	in := make([]bool, len(s.at))
	var nodes []int
	grow := func(v int) {
		in[v] = true
		for k := len(nodes); ; k++ {
			if v >= 0 {
				nodes, v = append(nodes, v), -1
			}
			if k == len(nodes) {
				return
			}
			for _, e := range s.around[nodes[k]] {
				if w := s.other(e, nodes[k]); !in[w] && s.slack(e) == 0 {
					in[w] = true
					s.inTree[e] = true
					s.tree = append(s.tree, e)
					nodes = append(nodes, w)
				}
			}
		}
	}
	grow(0)
	for len(nodes) < len(s.at) {
		e, inside := s.nearest(in)
		d := s.slack(e)
		if inside == s.edges[e].to {
			d = -d
		}
		for _, v := range nodes {
			s.at[v] += d
		}
		w := s.other(e, inside)
		s.inTree[e] = true
		s.tree = append(s.tree, e)
		grow(w)
	}
}

// nearest is the edge with the least slack out of the nodes in, and its end there.
func (s *simplex) nearest(in []bool) (edge, inside int) {
	edge = -1
	least := 0
	for i := range s.edges {
		x := &s.edges[i]
		if in[x.from] == in[x.to] {
			continue
		}
		if d := s.slack(i); edge < 0 || d < least {
			edge, least = i, d
		}
	}
	inside = s.edges[edge].from
	if !in[inside] {
		inside = s.edges[edge].to
	}
	return edge, inside
}

// number walks the tree below v, which is entered by the edge parent, and numbers
// its nodes from first in the order in which the walk leaves them.
func (s *simplex) number(v, parent, first int) {
	type step struct{ v, next int }
	stack := []step{{v: v}}
	s.parent[v], s.low[v] = parent, first
	next := first
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		if top.next == len(s.around[top.v]) {
			s.last[top.v] = next
			s.visited[next] = top.v
			next++
			stack = stack[:len(stack)-1]
			continue
		}
		e := s.around[top.v][top.next]
		top.next++
		if !s.inTree[e] || e == s.parent[top.v] {
			continue
		}
		w := s.other(e, top.v)
		s.parent[w], s.low[w] = e, next
		stack = append(stack, step{v: w})
	}
}

// weigh finds what each edge of the tree costs: the weights that leave the nodes
// below it less those that enter them, for those inside cancel out.
func (s *simplex) weigh() {
	net := make([]int, len(s.at))
	for _, x := range s.edges {
		net[x.from] += x.weight
		net[x.to] -= x.weight
	}
	for _, v := range s.visited {
		e := s.parent[v]
		if e < 0 {
			continue
		}
		net[s.other(e, v)] += net[v]
		s.cut[e] = net[v]
		if s.edges[e].to == v {
			s.cut[e] = -net[v]
		}
	}
}

// leaving is the worst of the next few edges of the tree that had better be longer.
func (s *simplex) leaving() int {
	const enough = 30
	found, seen := -1, 0
	for range s.tree {
		e := s.tree[s.cursor]
		s.cursor = (s.cursor + 1) % len(s.tree)
		if s.cut[e] >= 0 {
			continue
		}
		if found < 0 || s.cut[e] < s.cut[found] {
			found = e
		}
		if seen++; seen == enough {
			break
		}
	}
	return found
}

// below reports whether v is in the tree below root.
func (s *simplex) below(v, root int) bool {
	return s.low[root] <= s.last[v] && s.last[v] <= s.last[root]
}

// entering is the edge that becomes tight first when the edge e of the tree grows:
// the one with the least slack that leads from the part of its head to that of its
// tail. It looks at the smaller part.
func (s *simplex) entering(e int) int {
	child := s.edges[e].from
	if s.parent[child] != e {
		child = s.edges[e].to
	}
	lo, hi := s.low[child], s.last[child]
	childIsTail := child == s.edges[e].from
	found, least := -1, 0
	try := func(v int, out bool) {
		s.effort -= len(s.around[v])
		for _, f := range s.around[v] {
			x := &s.edges[f]
			if s.inTree[f] || (x.from == v) != out || s.below(x.from, child) == s.below(x.to, child) {
				continue
			}
			if d := s.slack(f); found < 0 || d < least || d == least && f < found {
				found, least = f, d
			}
		}
	}
	if 2*(hi-lo) <= len(s.at) {
		for _, v := range s.visited[lo : hi+1] {
			try(v, !childIsTail)
		}
		return found
	}
	for _, v := range s.visited[:lo] {
		try(v, childIsTail)
	}
	for _, v := range s.visited[hi+1:] {
		try(v, childIsTail)
	}
	return found
}

// exchange takes e out of the tree and f in, and moves the smaller part until f is
// tight.
func (s *simplex) exchange(e, f int) {
	child := s.edges[e].from
	if s.parent[child] != e {
		child = s.edges[e].to
	}
	d := s.slack(f)
	if s.below(s.edges[f].from, child) { // f leaves the part below, which moves on
		s.shift(child, d)
	} else {
		s.shift(child, -d)
	}
	cut := s.cut[e]
	a, b := s.edges[f].from, s.edges[f].to
	top := s.climb(a, b, cut)
	if s.climb(b, a, -cut) != top {
		panic("layout: the tree has two tops")
	}
	s.cut[f], s.cut[e] = -cut, 0
	s.inTree[e], s.inTree[f] = false, true
	for i, t := range s.tree {
		if t == e {
			s.tree[i] = f
			break
		}
	}
	s.number(top, s.parent[top], s.low[top])
	s.effort -= s.last[top] - s.low[top]
}

// shift moves the nodes below child by d, or all others by -d, which is the same.
func (s *simplex) shift(child, d int) {
	lo, hi := s.low[child], s.last[child]
	if 2*(hi-lo) <= len(s.at) {
		for _, v := range s.visited[lo : hi+1] {
			s.at[v] += d
		}
		return
	}
	for _, v := range s.visited[:lo] {
		s.at[v] -= d
	}
	for _, v := range s.visited[hi+1:] {
		s.at[v] -= d
	}
}

// climb goes from v up the tree until w is below, and changes what the edges on the
// way cost: they are in the cycle that the new edge closes.
func (s *simplex) climb(v, w, cut int) int {
	for !s.below(w, v) {
		e := s.parent[v]
		if s.edges[e].from == v {
			s.cut[e] += cut
		} else {
			s.cut[e] -= cut
		}
		v = s.other(e, v)
	}
	return v
}

// center moves what may move at no cost into the middle of its room.
func (s *simplex) center() {
	for _, e := range s.tree {
		if s.cut[e] != 0 {
			continue
		}
		f := s.entering(e)
		if f < 0 {
			continue
		}
		d := s.slack(f) / 2
		if d == 0 {
			continue
		}
		if s.parent[s.edges[e].from] == e {
			s.shift(s.edges[e].from, -d)
		} else {
			s.shift(s.edges[e].to, d)
		}
	}
}
