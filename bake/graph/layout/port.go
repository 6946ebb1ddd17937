package layout

import "slices"

// ports spreads lines over the borders of their nodes, in the order in which they
// go on, so that none cross there. Lines that share a stop share a port.
func (d *drawer) ports() {
	out, in := make([][]int, len(d.part.nodes)), make([][]int, len(d.part.nodes))
	for i, l := range d.part.lines {
		out[l.tail] = append(out[l.tail], i)
		in[l.head] = append(in[l.head], i)
	}
	for v := range out {
		d.border(v, out[v], d.leave, func(i int) int { return d.paths[i][1] })
		d.border(v, in[v], d.enter, func(i int) int { return d.paths[i][len(d.paths[i])-2] })
	}
}

// border places the lines of one side of a node. One whose next stop is above or
// below the node goes there straight. All others keep to the middle.
func (d *drawer) border(v int, lines []int, port []int, next func(line int) int) {
	if len(lines) == 0 {
		return
	}
	slices.SortStableFunc(lines, func(a, b int) int { return d.pos[next(a)] - d.pos[next(b)] })
	place, stops := make([]int, len(lines)), []int(nil)
	for k, i := range lines {
		if w := next(i); k == 0 || !d.joined(i, lines[k-1], w, next(lines[k-1])) {
			stops = append(stops, w)
		}
		place[k] = len(stops) - 1
	}
	at := d.portsTo(v, stops)
	for k, i := range lines {
		port[i] = at[place[k]]
	}
}

// joined reports whether two lines that go on to v and w share a port.
func (d *drawer) joined(a, b, v, w int) bool {
	one, other := d.part.lines[a], d.part.lines[b]
	return v == w && d.part.bundle && one.class == other.class && (d.shared[v] != alone || d.real(v))
}

// portsTo are the ports of a node's lines to stops.
func (d *drawer) portsTo(v int, stops []int) []int {
	n := len(stops)
	x, margin := d.x[v], min(d.part.half[v]/2, lineGap)
	left, right := x-d.part.half[v]+margin, x+d.part.half[v]-margin
	gap := 0
	if n > 1 {
		gap = min(portGap, (right-left)/(n-1))
	}
	at := make([]int, n)
	d.row.spread(n,
		func(int) int { return gap },
		func(i int) (sum, weight int) {
			to := d.x[stops[i]]
			if !d.real(stops[i]) && left <= to && to <= right {
				return 64 * to, 64
			}
			return x + i*gap - (n-1)*gap/2, 1
		},
		func(i, place int) { at[i] = place })
	for i := range at {
		at[i] = min(max(at[i], left+i*gap), right-(n-1-i)*gap)
	}
	return at
}
