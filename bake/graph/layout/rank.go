package layout

// ranks gives each node of a part its rank, from 0, so that lines lead down, and
// their lengths together are least.
func (p *part) ranks() []int {
	spans := p.spans()
	rank := longestPaths(len(p.nodes), spans)
	s := newSimplex(rank, spans)
	s.solve(rankEffort)
	least := rank[0]
	for _, r := range rank {
		least = min(least, r)
	}
	for v := range rank {
		rank[v] -= least
	}
	balance(rank, spans)
	return rank
}

// rankEffort bounds the search for short lines. Graphs of thousands of nodes and
// tens of thousands of edges are below it.
const rankEffort = 200e6

// spans are the lines of a part, those between the same nodes as one. A line with a
// label passes a rank where the label stands.
func (p *part) spans() []span {
	least := p.staggered()
	index := make(map[[2]int]int, len(p.lines))
	var spans []span
	for i, l := range p.lines {
		n := least[i]
		if l.labelled() {
			n = max(n, 2)
		}
		key := [2]int{l.tail, l.head}
		k, ok := index[key]
		if !ok {
			k = len(spans)
			index[key] = k
			spans = append(spans, span{from: l.tail, to: l.head})
		}
		spans[k].least = max(spans[k].least, n)
		spans[k].weight++
	}
	return spans
}

// staggered is how long each line must be, for the leaves of a node to stand in
// several ranks: 1 to unflatten, in turn, as the tool unflatten does it.
func (p *part) staggered() []int {
	degree, least := make([]int, len(p.nodes)), make([]int, len(p.lines))
	for _, l := range p.lines {
		degree[l.tail]++
		degree[l.head]++
	}
	leaves := make([][2]int, len(p.nodes)) // seen so far above and below a node
	for i, l := range p.lines {
		least[i] = 1
		if p.unflatten < 2 {
			continue
		}
		switch {
		case degree[l.tail] == 1 && degree[l.head] > 1:
			least[i] += leaves[l.head][0] % p.unflatten
			leaves[l.head][0]++
		case degree[l.head] == 1 && degree[l.tail] > 1:
			least[i] += leaves[l.tail][1] % p.unflatten
			leaves[l.tail][1]++
		}
	}
	return least
}

// longestPaths ranks n nodes as high as spans allow, which have no cycle.
func longestPaths(n int, spans []span) []int {
	rank, waits, out := make([]int, n), make([]int, n), make([][]int, n)
	for i, s := range spans {
		waits[s.to]++
		out[s.from] = append(out[s.from], i)
	}
	var ready []int
	for v := range n {
		if waits[v] == 0 {
			ready = append(ready, v)
		}
	}
	for len(ready) > 0 {
		v := ready[0]
		ready = ready[1:]
		for _, i := range out[v] {
			w := spans[i].to
			rank[w] = max(rank[w], rank[v]+spans[i].least)
			if waits[w]--; waits[w] == 0 {
				ready = append(ready, w)
			}
		}
	}
	return rank
}

// balance moves nodes that are as short above as below to the emptiest rank that
// they may stand in.
func balance(rank []int, spans []span) {
	depth := 0
	for _, r := range rank {
		depth = max(depth, r+1)
	}
	count := make([]int, depth)
	for _, r := range rank {
		count[r]++
	}
	around := make([][]int, len(rank))
	for i, s := range spans {
		around[s.from] = append(around[s.from], i)
		around[s.to] = append(around[s.to], i)
	}
	for v := range rank {
		low, high, pull := 0, depth-1, 0
		for _, i := range around[v] {
			if s := spans[i]; s.to == v {
				low, pull = max(low, rank[s.from]+s.least), pull-s.weight
			} else {
				high, pull = min(high, rank[s.to]-s.least), pull+s.weight
			}
		}
		if pull != 0 {
			continue
		}
		to := rank[v]
		for r := low; r <= high; r++ {
			if count[r] < count[to]-1 || to != rank[v] && count[r] < count[to] {
				to = r
			}
		}
		count[rank[v]]--
		count[to]++
		rank[v] = to
	}
}
