package layout

import "slices"

// byPlace sorts arcs by where they lead.
func (l *layers) byPlace(arcs []arc) {
	if len(arcs) > 16 {
		slices.SortFunc(arcs, func(a, b arc) int { return l.pos[a.to] - l.pos[b.to] })
		return
	}
	for i := 1; i < len(arcs); i++ {
		for k := i; k > 0 && l.pos[arcs[k].to] < l.pos[arcs[k-1].to]; k-- {
			arcs[k], arcs[k-1] = arcs[k-1], arcs[k]
		}
	}
}

// crossings is how often lines cross.
func (l *layers) crossings() int {
	n := 0
	for r := range l.order[:len(l.order)-1] {
		n += l.crossingsBelow(r)
	}
	return n
}

// crossingsBelow counts between a rank and the next: each arc, from the left,
// crosses those before it that end to the right of it, as Barth, Jünger and Mutzel
// add them up.
func (l *layers) crossingsBelow(r int) int {
	sums := make([]int, len(l.order[r+1])+1) // a tree of partial sums
	total, n := 0, 0
	for _, v := range l.order[r] {
		arcs := l.down[v]
		for _, a := range arcs {
			before := 0
			for i := l.pos[a.to] + 1; i > 0; i &= i - 1 {
				before += sums[i]
			}
			n += a.weight * (total - before)
		}
		for _, a := range arcs {
			total += a.weight
			for i := l.pos[a.to] + 1; i < len(sums); i += i & -i {
				sums[i] += a.weight
			}
		}
	}
	return n
}

// swapGain is how many crossings go when v and its right neighbour w change places,
// seen from one side, whose arcs are sorted by place.
func (l *layers) swapGain(v, w []arc) int {
	gain, left, all := 0, 0, 0
	for _, b := range w {
		all += b.weight
	}
	k := 0
	for _, a := range v {
		p := l.pos[a.to]
		for k < len(w) && l.pos[w[k].to] < p {
			left += w[k].weight
			k++
		}
		same := 0
		for m := k; m < len(w) && l.pos[w[m].to] == p; m++ {
			same += w[m].weight
		}
		gain += a.weight * (left - (all - left - same))
	}
	return gain
}

// transpose exchanges neighbours as long as that removes crossings.
func (l *layers) transpose() {
	dirty := make([]bool, len(l.order))
	for r := range dirty {
		dirty[r] = true
	}
	for range 50 {
		improved := false
		for r := range l.order {
			if !dirty[r] {
				continue
			}
			dirty[r] = false
			if l.transposeRank(r) {
				improved = true
				for k := max(r-1, 0); k <= min(r+1, len(l.order)-1); k++ {
					dirty[k] = k != r
				}
			}
		}
		if !improved {
			return
		}
	}
}

// transposeRank does so in one rank, and reports whether it found any.
func (l *layers) transposeRank(r int) bool {
	order := l.order[r]
	for _, v := range order {
		l.byPlace(l.up[v])
		l.byPlace(l.down[v])
	}
	any := false
	for improved := true; improved; {
		improved = false
		for i := 1; i < len(order); i++ {
			v, w := order[i-1], order[i]
			if l.swapGain(l.up[v], l.up[w])+l.swapGain(l.down[v], l.down[w]) > 0 {
				order[i-1], order[i] = w, v
				l.pos[w], l.pos[v] = i-1, i
				improved, any = true, true
			}
		}
	}
	return any
}

// sift moves each stop to the best place in its rank, until that helps nothing. It
// tells what it took.
func (l *layers) sift(effort int) int {
	left := effort
	for improved := true; improved && left > 0; {
		improved = false
		for r, order := range l.order {
			for _, v := range order {
				l.byPlace(l.up[v])
				l.byPlace(l.down[v])
			}
			for _, v := range append([]int(nil), order...) {
				gain, steps := l.siftStop(r, v)
				improved = improved || gain > 0
				left -= steps
			}
		}
	}
	return effort - left
}

// siftStop moves one stop.
func (l *layers) siftStop(r, v int) (gain, steps int) {
	order := l.order[r]
	from := l.pos[v]
	to := from
	for _, step := range []int{-1, 1} {
		sum := 0
		for i := from + step; i >= 0 && i < len(order); i += step {
			w := order[i]
			a, b := v, w
			if step < 0 {
				a, b = w, v
			}
			sum += l.swapGain(l.up[a], l.up[b]) + l.swapGain(l.down[a], l.down[b])
			steps += len(l.up[w]) + len(l.down[w]) + len(l.up[v]) + len(l.down[v])
			if sum > gain {
				gain, to = sum, i
			}
		}
	}
	for i := from; i != to; {
		next := i + 1
		if to < from {
			next = i - 1
		}
		order[i] = order[next]
		l.pos[order[i]] = i
		i = next
	}
	order[to] = v
	l.pos[v] = to
	return gain, steps
}
