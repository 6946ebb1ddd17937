package draw

import (
	"math"
	"slices"

	"bake/bake/graph/layout"
	"bake/bake/graph/look"
)

// Sizes of heads, in points.
const (
	headLength = 9.0
	headWidth  = 7.5
)

// stroke draws a route: its line, up to its head, and the head.
func stroke(points []layout.Point, s look.Style) []Shape {
	if len(points) < 4 {
		return nil
	}
	length := headLength
	if s.Head == look.Diamond {
		length += 3
	}
	tip := points[len(points)-1]
	points = trim(points, length)
	foot := points[len(points)-1]
	if foot == tip { // no room for a head of the whole length
		return []Shape{{Path: curves(points), Line: s.Line, Width: s.Width, Dash: s.Dash}}
	}
	body := Shape{Path: curves(points), Line: s.Line, Width: s.Width, Dash: s.Dash}
	return append([]Shape{body}, head(foot, tip, s)...)
}

// head draws the end of an edge, from foot to tip.
func head(foot, tip layout.Point, s look.Style) []Shape {
	dx, dy := tip.X-foot.X, tip.Y-foot.Y
	length := math.Hypot(dx, dy)
	ox, oy := -dy/length*headWidth/2, dx/length*headWidth/2
	left, right := layout.Point{X: foot.X + ox, Y: foot.Y + oy}, layout.Point{X: foot.X - ox, Y: foot.Y - oy}
	outline := Shape{Line: s.Line, Width: s.Width}
	switch s.Head {
	case look.Full:
		outline.Path, outline.Fill = polygon(true, left, tip, right), s.Ground
	case look.Empty:
		outline.Path, outline.Fill = polygon(true, left, tip, right), look.Paper
	case look.Diamond:
		mid := layout.Point{X: (foot.X + tip.X) / 2, Y: (foot.Y + tip.Y) / 2}
		k := 0.8
		outline.Path = polygon(true, foot, layout.Point{X: mid.X + ox*k, Y: mid.Y + oy*k}, tip, layout.Point{X: mid.X - ox*k, Y: mid.Y - oy*k})
		outline.Fill = look.Paper
	default:
		shaft := Shape{Path: polygon(false, foot, tip), Line: s.Line, Width: s.Width}
		outline.Path = polygon(false, left, tip, right)
		return []Shape{shaft, outline}
	}
	return []Shape{outline}
}

// trim cuts a length off the end of a route. One that is too short for it stays.
func trim(points []layout.Point, length float64) []layout.Point {
	tip := points[len(points)-1]
	for n := len(points); n >= 4; n -= 3 {
		c := [4]layout.Point(points[n-4 : n])
		if distance(c[0], tip) <= length {
			continue
		}
		low, high := 0.0, 1.0
		for range 40 {
			if mid := (low + high) / 2; distance(bezier(c, mid), tip) > length {
				low = mid
			} else {
				high = mid
			}
		}
		first := split(c, low)
		return append(slices.Clone(points[:n-3]), first[1:]...)
	}
	return points
}

func distance(a, b layout.Point) float64 { return math.Hypot(a.X-b.X, a.Y-b.Y) }

func between(a, b layout.Point, t float64) layout.Point {
	return layout.Point{X: a.X + (b.X-a.X)*t, Y: a.Y + (b.Y-a.Y)*t}
}

func bezier(c [4]layout.Point, t float64) layout.Point { return split(c, t)[3] }

// split is the part of a Bézier curve before t.
func split(c [4]layout.Point, t float64) [4]layout.Point {
	ab, bc, cd := between(c[0], c[1], t), between(c[1], c[2], t), between(c[2], c[3], t)
	abc, bcd := between(ab, bc, t), between(bc, cd, t)
	return [4]layout.Point{c[0], ab, abc, between(abc, bcd, t)}
}
