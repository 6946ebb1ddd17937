package look

import (
	"slices"

	"bake/bake/graph"
)

// Ends are the nodes between which a link leads: the result that is read, in the
// box From, and what stands for it in the box To. -1 is for none: then the link
// leads to the box itself.
func Ends(g *graph.Graph, l graph.Link) (from, to int) {
	from = slices.IndexFunc(g.Boxes[l.From].Nodes, func(n graph.Node) bool { return slices.Contains(n.Results, l.Target) })
	if from < 0 {
		from = slices.IndexFunc(g.Boxes[l.From].Nodes, func(n graph.Node) bool { return n.Default })
	}
	to = -1
	if l.Node != "" {
		to = slices.IndexFunc(g.Boxes[l.To].Nodes, func(n graph.Node) bool { return n.ID == l.Node })
	}
	return from, to
}

// Stagger is over how many ranks each edge of a box leads at least, so that the
// leaves of a node stand in several ranks: a leaf has no other edge.
func Stagger(b graph.Box, ranks int) []int {
	over := make([]int, len(b.Edges))
	degree := make([]int, len(b.Nodes))
	for i, e := range b.Edges {
		over[i] = 1
		degree[e.From]++
		degree[e.To]++
	}
	if ranks < 2 {
		return over
	}
	into, out := make([]int, len(b.Nodes)), make([]int, len(b.Nodes))
	for i, e := range b.Edges {
		switch {
		case degree[e.From] == 1 && degree[e.To] > 1:
			over[i] = 1 + into[e.To]%ranks
			into[e.To]++
		case degree[e.To] == 1 && degree[e.From] > 1:
			over[i] = 1 + out[e.From]%ranks
			out[e.From]++
		}
	}
	return over
}

// Notes are the lines below the name of a node, and how each stands there: whose
// result it is or who uses it, its platform and its marks.
func Notes(b graph.Box, n graph.Node) []string {
	var out []string
	if word := ResultOf(b, n); word != "" && word != "result" {
		out = append(out, "result of "+Some(n.Results, noteLength))
	} else if users := Users(b, n); len(users) > 0 && !n.Default {
		out = append(out, "for "+Some(users, noteLength))
	}
	if n.Platform != "" {
		out = append(out, n.Platform)
	}
	return append(out, Marked(n.Marks)...)
}

// noteLength is how many characters of names a note has.
const noteLength = 28
