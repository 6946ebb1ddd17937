package look

import (
	"fmt"
	"slices"
	"strings"

	"bake/bake/graph"
)

// Arrange is a graph under the options: with the empty image and separate images
// as they are asked for. The graph that is given is left alone. It fails where an
// edge or a link leads nowhere.
func Arrange(g *graph.Graph, o Options) (*graph.Graph, error) {
	if err := check(g); err != nil {
		return nil, err
	}
	out := *g
	out.Boxes = slices.Clone(g.Boxes)
	for i := range out.Boxes {
		b := &out.Boxes[i]
		switch o.Scratch {
		case Hidden:
			*b = without(*b, isScratch)
		case Separated:
			*b = separate(*b, isScratch)
		default:
			*b = collapse(*b)
		}
		*b = separate(*b, func(n graph.Node) bool { return n.Kind == graph.Image && named(n.Name, o.Separate) })
	}
	return &out, nil
}

// Prepare is Arrange, with texts that are safe to show: no control character moves
// a cursor, nothing changes the direction of reading, and all is one line.
func Prepare(g *graph.Graph, o Options) (*graph.Graph, error) {
	out, err := Arrange(g, o)
	if err != nil {
		return nil, err
	}
	out.Title = Clean(out.Title)
	for i := range out.Boxes {
		out.Boxes[i] = cleanBox(out.Boxes[i])
	}
	out.Links = slices.Clone(out.Links)
	for i := range out.Links {
		l := &out.Links[i]
		l.Name, l.Target = Clean(l.Name), Clean(l.Target)
	}
	return out, nil
}

func check(g *graph.Graph) error {
	for i, b := range g.Boxes {
		for _, e := range b.Edges {
			if min(e.From, e.To) < 0 || max(e.From, e.To) >= len(b.Nodes) {
				return fmt.Errorf("an edge of box %d leads from node %d to node %d, of %d", i, e.From, e.To, len(b.Nodes))
			}
		}
	}
	for _, l := range g.Links {
		if min(l.From, l.To) < 0 || max(l.From, l.To) >= len(g.Boxes) {
			return fmt.Errorf("a link leads from box %d to box %d, of %d", l.From, l.To, len(g.Boxes))
		}
	}
	return nil
}

func isScratch(n graph.Node) bool { return n.Kind == graph.Nothing }

// named reports whether an image is one of the names, which may leave out its tag
// and digest.
func named(image string, names []string) bool {
	repository, _, _ := strings.Cut(image, "@")
	if i := strings.LastIndexByte(repository, ':'); i > strings.LastIndexByte(repository, '/') {
		repository = repository[:i]
	}
	return slices.Contains(names, image) || slices.Contains(names, repository)
}

// without is a box less some of its nodes and their edges.
func without(b graph.Box, drop func(graph.Node) bool) graph.Box {
	var nodes []graph.Node
	at := make([]int, len(b.Nodes))
	for i, n := range b.Nodes {
		at[i] = -1
		if !drop(n) {
			at[i] = len(nodes)
			nodes = append(nodes, n)
		}
	}
	var edges []graph.Edge
	for _, e := range b.Edges {
		e.From, e.To = at[e.From], at[e.To]
		if e.From >= 0 && e.To >= 0 {
			edges = append(edges, e)
		}
	}
	b.Nodes, b.Edges = nodes, edges
	return b
}

// collapse is a box with one empty image at most.
func collapse(b graph.Box) graph.Box {
	first := slices.IndexFunc(b.Nodes, isScratch)
	if first < 0 {
		return b
	}
	b.Edges = slices.Clone(b.Edges)
	for i := range b.Edges {
		if isScratch(b.Nodes[b.Edges[i].From]) {
			b.Edges[i].From = first
		}
	}
	id := b.Nodes[first].ID
	return without(b, func(n graph.Node) bool { return isScratch(n) && n.ID != id })
}

// separate is a box with a node for each use of some of its nodes. The first
// keeps its ID.
func separate(b graph.Box, which func(graph.Node) bool) graph.Box {
	if !slices.ContainsFunc(b.Nodes, which) {
		return b
	}
	uses := make([]int, len(b.Nodes))
	for _, e := range b.Edges {
		uses[e.From]++
	}
	var nodes []graph.Node
	at := make([]int, len(b.Nodes))
	for i, n := range b.Nodes {
		at[i] = len(nodes)
		nodes = append(nodes, n)
		if !which(n) {
			continue
		}
		for use := 2; use <= uses[i]; use++ {
			again := n
			again.ID = fmt.Sprintf("%s/%d", n.ID, use)
			nodes = append(nodes, again)
		}
	}
	used := make([]int, len(b.Nodes))
	edges := slices.Clone(b.Edges)
	for i, e := range b.Edges {
		edges[i].From, edges[i].To = at[e.From], at[e.To]
		if which(b.Nodes[e.From]) {
			edges[i].From += used[e.From]
			used[e.From]++
		}
	}
	for i, e := range edges {
		if which(b.Nodes[b.Edges[i].From]) { // it is needed where its one use is
			nodes[e.From].Unused, nodes[e.From].Targets = e.Unused, e.Targets
		}
	}
	b.Nodes, b.Edges = nodes, edges
	return b
}
