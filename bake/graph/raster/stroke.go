package raster

import (
	"math"

	scenery "bake/bake/graph/draw"
	"bake/bake/graph/layout"
)

// point is a place in pixels.
type point struct{ x, y float64 }

// polyline is a line of straight parts.
type polyline struct {
	points []point
	closed bool
}

// flatten makes straight lines of a path.
func flatten(p scenery.Path, scale float64) []polyline {
	var out []polyline
	at := func(p layout.Point) point { return point{p.X * scale, p.Y * scale} }
	for _, s := range p {
		if s.Op == scenery.Move || len(out) == 0 {
			out = append(out, polyline{points: []point{at(s.Points[0])}})
			continue
		}
		l := &out[len(out)-1]
		switch s.Op {
		case scenery.To:
			l.add(at(s.Points[0]))
		case scenery.Curve:
			l.curve(at(s.Points[0]), at(s.Points[1]), at(s.Points[2]))
		case scenery.Close:
			l.closed = true
			if n := len(l.points); n > 1 && near(l.points[0], l.points[n-1]) {
				l.points = l.points[:n-1]
			}
		}
	}
	return out
}

func near(a, b point) bool { return math.Hypot(a.x-b.x, a.y-b.y) < 1e-3 }

func (l *polyline) add(p point) {
	if !near(l.points[len(l.points)-1], p) {
		l.points = append(l.points, p)
	}
}

// curve adds a Bézier curve, in parts of about two pixels.
func (l *polyline) curve(b, c, d point) {
	a := l.points[len(l.points)-1]
	length := math.Hypot(b.x-a.x, b.y-a.y) + math.Hypot(c.x-b.x, c.y-b.y) + math.Hypot(d.x-c.x, d.y-c.y)
	n := min(4000, max(4, int(length/2)))
	for i := 1; i <= n; i++ {
		t := float64(i) / float64(n)
		u := 1 - t
		k0, k1, k2, k3 := u*u*u, 3*u*u*t, 3*u*t*t, t*t*t
		l.add(point{k0*a.x + k1*b.x + k2*c.x + k3*d.x, k0*a.y + k1*b.y + k2*c.y + k3*d.y})
	}
}

// maxPiece is how many pixels a piece of a line covers, with those beside it.
const maxPiece = 1 << 16

// pieces cuts a long line: painting looks at all pixels around what it paints. They
// overlap, so that no gap is seen.
func (l polyline) pieces() []polyline {
	if l.closed {
		return []polyline{l}
	}
	var out []polyline
	start := 0
	left, right, top, bottom := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for i, p := range l.points {
		left, right, top, bottom = min(left, p.x), max(right, p.x), min(top, p.y), max(bottom, p.y)
		if i > start+1 && (right-left+2)*(bottom-top+2) > maxPiece {
			out = append(out, polyline{points: l.points[start:i]})
			start = i - 2
			left, right, top, bottom = min(l.points[start].x, p.x), max(l.points[start].x, p.x), min(l.points[start].y, p.y), max(l.points[start].y, p.y)
		}
	}
	return append(out, polyline{points: l.points[start:]})
}

// dashes cuts a line into strokes. The pattern is in points, scale in pixels each.
func (l polyline) dashes(pattern []float64, scale float64) []polyline {
	points := l.points
	if l.closed {
		points = append(append([]point{}, points...), points[0])
	}
	var out []polyline
	index, left := 0, pattern[0]*scale
	current := polyline{points: []point{points[0]}}
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		length := math.Hypot(b.x-a.x, b.y-a.y)
		done := 0.0
		for length-done > left {
			done += left
			p := point{a.x + (b.x-a.x)*done/length, a.y + (b.y-a.y)*done/length}
			if index%2 == 0 {
				current.add(p)
				out = append(out, current)
			}
			index++
			left = pattern[index%len(pattern)] * scale
			current = polyline{points: []point{p}}
		}
		left -= length - done
		current.add(b)
	}
	if index%2 == 0 {
		out = append(out, current)
	}
	return out
}

// maxMiter is how far a corner of a line may stand out, in half widths.
const maxMiter = 3

// outline is the area of a line of a width: a ring, or a band with straight ends.
func (l polyline) outline(width float64) [][]point {
	n := len(l.points)
	if n < 2 {
		return nil
	}
	left, right := make([]point, n), make([]point, n)
	for i, p := range l.points {
		x, y := l.normal(i)
		x, y = x*width/2, y*width/2
		left[i], right[n-1-i] = point{p.x + x, p.y + y}, point{p.x - x, p.y - y}
	}
	if l.closed {
		return [][]point{left, right}
	}
	return [][]point{append(left, right...)}
}

// normal is the way from a corner of a line to the corner of its outline, for half
// a width of 1.
func (l polyline) normal(i int) (x, y float64) {
	n := len(l.points)
	side := func(a, b point) (float64, float64) {
		length := math.Hypot(b.x-a.x, b.y-a.y)
		if length == 0 {
			return 0, 0
		}
		return -(b.y - a.y) / length, (b.x - a.x) / length
	}
	before, after := i-1, i+1
	if l.closed {
		before, after = (i+n-1)%n, (i+1)%n
	}
	switch {
	case before < 0:
		return side(l.points[i], l.points[after])
	case after >= n:
		return side(l.points[before], l.points[i])
	}
	ax, ay := side(l.points[before], l.points[i])
	bx, by := side(l.points[i], l.points[after])
	x, y = ax+bx, ay+by
	square := x*x + y*y
	if square < 1e-9 {
		return ax, ay
	}
	k := math.Min(2/square, maxMiter/math.Sqrt(square))
	return x * k, y * k
}
