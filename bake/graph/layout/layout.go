// Package layout places the nodes of a directed graph in ranks, so that edges lead
// one way, cross little, and run through no foreign node. It knows sizes only:
// what a node is, and how it is drawn, is known above.
//
// The way is Sugiyama's, as Graphviz' dot goes it: edges of cycles are turned
// round, a network simplex gives ranks in which edges are short, long edges get a
// place in each rank they pass, ranks are ordered so that little crosses, places
// are set so that long edges are straight, and routes go through the places. All
// of it is counted in whole eighths of a point: the same input gives the same
// bytes on every machine.
package layout

// Graph is what is laid out. Nodes and edges are known by their indexes. Any graph
// has a drawing: with cycles, edges that leave and enter one node, several edges
// between two nodes, parts that nothing joins, or nothing at all.
type Graph struct {
	Nodes []Size
	Edges []Edge
}

// Size is that of a node or a label, in points.
type Size struct{ W, H float64 }

// Edge leads from a node to another. Label is the room that its text needs, zero
// for none. An edge whose end is no node has an empty route.
type Edge struct {
	From, To int
	Label    Size
	Class    int // only edges of one class are concentrated
}

// Options are the distances of a drawing, in points, and its direction.
type Options struct {
	NodeSep     float64 // between nodes of a rank
	RankSep     float64 // between ranks, up to three times as much where edges lead far to a side
	LeftToRight bool    // ranks are columns; else rows, from the top
	Concentrate bool    // edges to or from one node share a part of their way
	// Unflatten is how many ranks the leaves of a node, those with no other edge, are
	// spread over in turn, so that a star is less wide. 0 and 1 leave them in one.
	Unflatten int
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
// each, from the border of its From to that of its To. Label is the centre of its
// text.
type Route struct {
	Points []Point
	Label  Point
}

// Lay places a graph. Parts that nothing joins are laid out one by one, and stand
// in rows beside each other.
func Lay(g Graph, o Options) *Drawing {
	var tiles []*tile
	for _, p := range split(g, o) {
		tiles = append(tiles, p.lay())
	}
	return pack(g, o, tiles)
}

// lay draws one part, from its own corner.
func (p *part) lay() *tile {
	rank := p.ranks()
	l := p.arrange(rank)
	x := l.place()
	return p.draw(l, x)
}
