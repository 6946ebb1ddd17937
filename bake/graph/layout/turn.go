package layout

import (
	"cmp"
	"slices"
)

// turns are the heights between two ranks at which lines turn to a side, by where
// they come from and go to. Lines to the same side would run into one another if
// all turned at once: of those to the right, the rightmost turns first, and of those
// to the left, the leftmost. So none crosses another but once, and that only where
// their order changes.
type turns map[shift]stretch

// shift is the way of a line to a side: its places above and below.
type shift struct{ from, to int }

// stretch is a range of heights.
type stretch struct{ top, bottom int }

// turnsIn makes the turns of shifts in a stretch.
func turnsIn(all []shift, whole stretch) turns {
	slices.SortFunc(all, func(a, b shift) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	all = slices.Compact(all)
	out := make(turns, len(all))
	var left, right []shift
	for _, s := range all {
		if s.to < s.from {
			left = append(left, s)
		} else if s.to > s.from {
			right = append(right, shift{-s.from, -s.to}) // seen in a mirror, all go left
		}
	}
	slices.Reverse(right)
	out.add(left, 1, whole)
	out.add(right, -1, whole)
	return out
}

// add gives shifts to the left, in their order, each its part of a stretch.
func (t turns) add(all []shift, sign int, whole stretch) {
	after, most := levels(all), 0
	for _, n := range after {
		most = max(most, n)
	}
	height := whole.bottom - whole.top
	slack := min(most*levelStep, height*2/5) // what remains is enough for a curve
	for i, s := range all {
		top := whole.top + slack*after[i]/max(most, 1)
		t[shift{sign * s.from, sign * s.to}] = stretch{top, top + height - slack}
	}
}

// levels is how many shifts must turn before each, one after the other: those
// before it that begin where it passes.
func levels(all []shift) []int {
	out := make([]int, len(all))
	var tail []int // those that some later one may wait for, with falling levels
	for i, s := range all {
		k, _ := slices.BinarySearchFunc(tail, s.to, func(j, to int) int { return cmp.Or(cmp.Compare(all[j].from, to), -1) })
		if k < len(tail) {
			out[i] = out[tail[k]] + 1
		}
		for len(tail) > 0 && out[tail[len(tail)-1]] <= out[i] {
			tail = tail[:len(tail)-1]
		}
		tail = append(tail, i)
	}
	return out
}
