package bake

import "slices"

// combine returns what an attribute is when next is set after prev: by a
// later block, by the inheriting target, or by an appending override. Either
// may be nil, for not set.
func (row *attribute) combine(prev, next *attr) *attr {
	switch {
	case next == nil:
		return prev
	case prev == nil:
		return next
	}
	switch row.merge {
	case mergeReplace:
		return next.replacing(prev)
	case mergeNonEmpty:
		if next.text() == "" {
			return prev
		}
		return next.replacing(prev)
	case mergeKeys:
		return mergeCells(prev, next)
	}
	return row.appendTo(prev, next)
}

// replacing returns a copy that remembers what it replaced.
func (a *attr) replacing(prev *attr) *attr {
	return &attr{cells: a.cells, src: a.src, over: prev}
}

// appendTo puts next's elements behind prev's and drops repetitions by the
// row's rule.
func (row *attribute) appendTo(prev, next *attr) *attr {
	cells := make([]cell, 0, len(prev.cells)+len(next.cells))
	cells = append(append(cells, prev.cells...), next.cells...)
	return &attr{cells: row.distinct(cells), src: next.src, over: prev}
}

// mergeCells merges two key-sorted lists of cells; next wins.
func mergeCells(prev, next *attr) *attr {
	out := &attr{src: next.src, over: prev, cells: make([]cell, 0, len(prev.cells)+len(next.cells))}
	i := 0
	for _, c := range next.cells {
		if c.entry == nil && c.val.IsNull() {
			continue // sets nothing
		}
		for i < len(prev.cells) && prev.cells[i].key < c.key {
			out.cells = append(out.cells, prev.cells[i])
			i++
		}
		if i < len(prev.cells) && prev.cells[i].key == c.key {
			c.over = &prev.cells[i]
			i++
		}
		out.cells = append(out.cells, c)
	}
	out.cells = append(out.cells, prev.cells[i:]...)
	return out
}

// distinct drops repeated elements. It may use the slice it is given.
func (row *attribute) distinct(cells []cell) []cell {
	switch {
	case row.shape == shapeEntries && row.entry.key != "":
		return keepLastByKey(cells, row.entry.key)
	case row.shape == shapeEntries && row.merge != mergeAll:
		return dropEqualEntries(cells)
	}
	return cells
}

// keepLastByKey lets a later element take the place of an earlier one with
// the same key.
func keepLastByKey(cells []cell, key string) []cell {
	place := make(map[string]int, len(cells))
	out := cells[:0]
	for _, c := range cells {
		k := c.entry.attrs[key]
		if i, ok := place[k]; ok {
			c.over = &cell{entry: out[i].entry, src: out[i].src, over: out[i].over}
			out[i] = c
			continue
		}
		place[k] = len(out)
		out = append(out, c)
	}
	return out
}

// dropEqualEntries drops repetitions as buildx does: going backwards, the
// repetition that follows is swapped with the last element and cut off, so
// the order of what remains is the same there and here.
func dropEqualEntries(cells []cell) []cell {
	for i := len(cells) - 2; i >= 0; i-- {
		for j := i + 1; j < len(cells); j++ {
			if cells[i].entry.equal(cells[j].entry) {
				last := len(cells) - 1
				cells[j], cells[last] = cells[last], cells[j]
				cells = cells[:last]
				break
			}
		}
	}
	return cells
}

// normalise brings an attribute into the form that targets have once they are
// resolved: no empty and no repeated strings, no removed contexts.
func (row *attribute) normalise(a *attr) *attr {
	if a == nil {
		return nil
	}
	switch {
	case row.shape == shapeList && row.name != "inherits":
		return a.filter(distinctStrings())
	case row.name == "contexts":
		return a.filter(func(c *cell) bool { return c.text() != "" })
	case row.shape == shapeMap:
		return a.filter(func(c *cell) bool { return !c.val.IsNull() })
	case row.shape == shapeEntries && row.merge != mergeAll && len(a.cells) > 1:
		return &attr{cells: row.distinct(slices.Clone(a.cells)), src: a.src, over: a.over}
	}
	return a
}

// filter keeps the cells for which keep holds; the attr itself when all do.
func (a *attr) filter(keep func(*cell) bool) *attr {
	var out []cell
	for i := range a.cells {
		if keep(&a.cells[i]) {
			if out != nil {
				out = append(out, a.cells[i])
			}
			continue
		}
		if out == nil {
			out = append(make([]cell, 0, len(a.cells)), a.cells[:i]...)
		}
	}
	if out == nil {
		return a
	}
	return &attr{cells: out, src: a.src, over: a.over}
}

func distinctStrings() func(*cell) bool {
	seen := map[string]bool{}
	return func(c *cell) bool {
		s := c.text()
		if s == "" || seen[s] {
			return false
		}
		seen[s] = true
		return true
	}
}
