// Package draw makes a picture of a graph: what stands where, and with which lines
// and colours. The forms that are drawn, such as svg and png, paint the same scene.
package draw

import (
	"bake/bake/graph/font"
	"bake/bake/graph/layout"
	"bake/bake/graph/look"
)

// Scene is a picture, in points from the top left corner. What comes later lies
// above what comes before.
type Scene struct {
	Size   layout.Size
	Title  string
	Groups []Group
}

// Group is a part that belongs together: a box, a node, an edge, a link, or what
// stands on the page by itself.
type Group struct {
	ID     string // b0, b0n1, b0e1-2-copy, l3, after the numbers of boxes, nodes and links; empty for others
	Class  string // box, node, edge, link, page or legend
	Tip    string // what there is to say about it, in lines
	Shapes []Shape
	Texts  []Text
}

// Shape is an area, a line around it or a line alone.
type Shape struct {
	Path       Path
	Fill, Line look.Role
	Width      float64
	Dash       []float64
}

// Text is one line. It starts at X, on the base line Y, and is W wide. Centred says
// that it stands in the middle of something, should another font be wider.
type Text struct {
	Text    string
	X, Y, W float64
	Centred bool
	Size    float64
	Face    font.Face
	Role    look.Role
}

// Path is made of segments.
type Path []Segment

// Op is the kind of a segment.
type Op byte

// The kinds of segments, with how many points each has: 1, 1, 3 and 0.
const (
	Move  Op = 'M'
	To    Op = 'L'
	Curve Op = 'C'
	Close Op = 'Z'
)

// Segment leads from where the one before ends. Points are as many as its kind has.
type Segment struct {
	Op     Op
	Points [3]layout.Point
}

// N is how many points a kind of segment has.
func (o Op) N() int {
	switch o {
	case Curve:
		return 3
	case Close:
		return 0
	}
	return 1
}

// polygon is a closed path of straight lines, or an open one.
func polygon(closed bool, points ...layout.Point) Path {
	var p Path
	for i, at := range points {
		op := To
		if i == 0 {
			op = Move
		}
		p = append(p, Segment{Op: op, Points: [3]layout.Point{at}})
	}
	if closed {
		p = append(p, Segment{Op: Close})
	}
	return p
}

// curves is a path of Bézier curves: a start and three points for each.
func curves(points []layout.Point) Path {
	p := Path{{Op: Move, Points: [3]layout.Point{points[0]}}}
	for i := 1; i+2 < len(points); i += 3 {
		p = append(p, Segment{Op: Curve, Points: [3]layout.Point(points[i : i+3])})
	}
	return p
}

// arc is how far the handles of a quarter of a circle stand out, in radii.
const arc = 0.5523

// rounded is a rectangle with round corners.
func rounded(x, y, w, h, r float64) Path {
	r = min(r, w/2, h/2)
	k := r * (1 - arc)
	pt := func(x, y float64) layout.Point { return layout.Point{X: x, Y: y} }
	line := func(x, y float64) Segment { return Segment{Op: To, Points: [3]layout.Point{pt(x, y)}} }
	curve := func(a, b, c layout.Point) Segment { return Segment{Op: Curve, Points: [3]layout.Point{a, b, c}} }
	right, bottom := x+w, y+h
	return Path{
		{Op: Move, Points: [3]layout.Point{pt(x+r, y)}},
		line(right-r, y), curve(pt(right-k, y), pt(right, y+k), pt(right, y+r)),
		line(right, bottom-r), curve(pt(right, bottom-k), pt(right-k, bottom), pt(right-r, bottom)),
		line(x+r, bottom), curve(pt(x+k, bottom), pt(x, bottom-k), pt(x, bottom-r)),
		line(x, y+r), curve(pt(x, y+k), pt(x+k, y), pt(x+r, y)),
		{Op: Close},
	}
}

// move shifts a group.
func (g *Group) move(dx, dy float64) {
	for i := range g.Shapes {
		for j := range g.Shapes[i].Path {
			s := &g.Shapes[i].Path[j]
			for k := range s.Op.N() {
				s.Points[k].X += dx
				s.Points[k].Y += dy
			}
		}
	}
	for i := range g.Texts {
		g.Texts[i].X += dx
		g.Texts[i].Y += dy
	}
}
