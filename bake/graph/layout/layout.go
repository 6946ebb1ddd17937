// Package layout places the nodes of a directed graph in ranks, so that edges lead
// one way, cross little, and run through no foreign node. It knows sizes only:
// what a node is, and how it is drawn, is known above.
package layout

// Graph is what is laid out. Nodes and edges are known by their indexes.
type Graph struct {
	Nodes []Size
	Edges []Edge
}

// Size is that of a node or a label, in points.
type Size struct{ W, H float64 }

// Edge leads from a node to another. Label is the room that its text needs, zero
// for none.
type Edge struct {
	From, To int
	Label    Size
}

// Options are the distances of a drawing, in points, and its direction.
type Options struct {
	NodeSep     float64 // between nodes of a rank
	RankSep     float64 // between ranks
	LeftToRight bool    // ranks are columns; else rows, from the top
	Concentrate bool    // edges to or from one node share a part of their way
}

// Point is a place, from the top left corner.
type Point struct{ X, Y float64 }

// Drawing is a graph that has its places. Nodes has their centres.
type Drawing struct {
	Size   Size
	Nodes  []Point
	Routes []Route
}

// Route is the way of an edge: a start and then cubic Bézier curves, three points
// each. Label is the centre of its text.
type Route struct {
	Points []Point
	Label  Point
}
