package draw

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bake/bake/graph"
	"bake/bake/graph/font"
	"bake/bake/graph/layout"
	"bake/bake/graph/look"
)

// Distances, in points.
const (
	margin    = 16.0 // around the page
	framePad  = 14.0 // between a frame and what is in it
	titleSize = 13.0
	pageSize  = 16.0 // of the title of the page
	nodeSep   = 14.0
	rankSep   = 42.0
	boxSep    = 22.0
	boxRank   = 64.0
	aspect    = 1.5 // of a page that is well filled: its width by its height
)

// Draw makes the picture of a graph. It fails where an edge leads nowhere.
func Draw(g *graph.Graph, o look.Options) (*Scene, error) {
	g, err := look.Prepare(g, o)
	if err != nil {
		return nil, err
	}
	p := &picture{graph: g, options: o, marks: look.MarkNames(g)}
	for i := range g.Boxes {
		p.boxes = append(p.boxes, p.box(i))
	}
	page := p.outer()
	p.place(page)
	scene := &Scene{Size: page.Size, Title: g.Title, Groups: p.groups()}
	p.finish(scene)
	return scene, nil
}

// picture is what is known while a graph is drawn.
type picture struct {
	graph   *graph.Graph
	options look.Options
	marks   []string
	boxes   []box
	links   []Group
}

// box is a drawn box, from its own corner until it is placed.
type box struct {
	size                layout.Size
	frame, edges, nodes []Group
}

// options are those of the layout in a box.
func (p *picture) inner() layout.Options {
	return layout.Options{
		NodeSep: cmp.Or(p.options.NodeSep, nodeSep), RankSep: cmp.Or(p.options.RankSep, rankSep),
		LeftToRight: !p.options.TopDown, Concentrate: p.options.Concentrate, Unflatten: p.options.Unflatten,
	}
}

// box draws a box: its title, and its nodes and edges below.
func (p *picture) box(index int) box {
	b := p.graph.Boxes[index]
	var g layout.Graph
	sizes := p.sizes(b)
	g.Nodes = sizes
	edges := merged(b.Edges)
	for _, list := range edges {
		e := list[0]
		edge := layout.Edge{From: e.From, To: e.To, Class: slices.Index(graph.EdgeKinds, e.Kind)}
		if l := p.edgeLabel(e); l.text != "" {
			edge.Label = layout.Size{W: l.width() + 4, H: l.height()}
		}
		g.Edges = append(g.Edges, edge)
	}
	d := layout.Lay(g, p.inner())
	out := box{size: d.Size}
	for i, n := range b.Nodes {
		out.nodes = append(out.nodes, p.node(fmt.Sprintf("b%dn%d", index, i), b, n, d.Nodes[i], sizes[i]))
	}
	for i, list := range edges {
		id := fmt.Sprintf("b%de%d-%d-%s", index, list[0].From, list[0].To, list[0].Kind)
		out.edges = append(out.edges, p.edge(id, b, list, d.Routes[i]))
	}
	if !look.Loose(p.graph) {
		p.frame(&out, index, b)
	}
	return out
}

// merged are the edges of a box; those of one kind between the same nodes, such as
// three COPY of files, are one line.
func merged(edges []graph.Edge) [][]graph.Edge {
	type key struct {
		from, to int
		kind     graph.EdgeKind
	}
	at := map[key]int{}
	var out [][]graph.Edge
	for _, e := range edges {
		k := key{e.From, e.To, e.Kind}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k], out = i, append(out, nil)
		}
		out[i] = append(out[i], e)
		if len(e.Marks) > len(out[i][0].Marks) || out[i][0].Unused && !e.Unused {
			last := len(out[i]) - 1 // the first is how all are drawn
			out[i][0], out[i][last] = out[i][last], out[i][0]
		}
	}
	return out
}

// edgeLabel is the text at an edge: that of its marks.
func (p *picture) edgeLabel(e graph.Edge) line {
	s := look.EdgeStyle(e, p.marks, p.options)
	return line{text: look.Cut(strings.Join(look.Marked(e.Marks), ", "), 40), size: noteSize, role: s.Line}
}

func (p *picture) edge(id string, b graph.Box, list []graph.Edge, r layout.Route) Group {
	e := list[0]
	g := Group{ID: id, Class: "edge", Tip: edgeTip(b, list), Shapes: stroke(r.Points, look.EdgeStyle(e, p.marks, p.options))}
	if l := p.edgeLabel(e); l.text != "" && len(r.Points) > 0 {
		g.Texts = append(g.Texts, l.at(r.Label.X-l.width()/2, r.Label.Y-l.height()/2, l.width()))
	}
	return g
}

// frame puts a frame around a box, with what it is above its nodes.
func (p *picture) frame(out *box, index int, b graph.Box) {
	s := look.BoxStyle(b, p.marks)
	var lines []line
	for _, title := range look.Rows(b.Targets, 4, 48) {
		lines = append(lines, line{text: title, size: titleSize, face: font.Bold, role: s.Text, left: true})
	}
	if b.Subtitle != "" {
		lines = append(lines, line{text: look.CutMiddle(b.Subtitle, 64), size: noteSize, role: s.Note, left: true})
	}
	for _, text := range look.Marked(b.Marks) {
		lines = append(lines, line{text: look.Cut(text, 64), size: noteSize, role: s.Note, left: true})
	}
	head := sizeOf(lines)
	tags, tagWidth := p.tags(b)
	inner := max(out.size.W, head.W, tagWidth)
	if len(tags) > 0 {
		head.H += tagHeight + 4
	}
	gap := 10.0
	if len(b.Nodes) == 0 || head.H == 0 {
		gap = 0
	}
	size := layout.Size{W: inner + 2*framePad, H: out.size.H + head.H + gap + 2*framePad}
	g := Group{ID: fmt.Sprintf("b%d", index), Class: "box", Tip: boxTip(b), Shapes: []Shape{
		{Path: rounded(0, 0, size.W, size.H, 1.5*corner), Fill: s.Ground, Line: s.Line, Width: s.Width},
	}}
	y := framePad
	for _, l := range lines {
		g.Texts = append(g.Texts, l.at(framePad, y, inner))
		y += l.height()
	}
	for _, t := range tags {
		t.move(framePad, y+4)
		g.Shapes, g.Texts = append(g.Shapes, t.Shapes...), append(g.Texts, t.Texts...)
	}
	out.frame = []Group{g}
	for _, list := range [][]Group{out.edges, out.nodes} {
		for i := range list {
			list[i].move(framePad+(inner-out.size.W)/2, framePad+head.H+gap)
		}
	}
	out.size = size
}

const tagHeight = 15.0

// tags are the groups of a box, each on a ground of its own, in a row.
func (p *picture) tags(b graph.Box) ([]Group, float64) {
	var out []Group
	x := 0.0
	for i, name := range b.Groups {
		text := look.Cut(name, 24)
		last := i == 5 && len(b.Groups) > 6
		if last {
			text = fmt.Sprintf("+%d", len(b.Groups)-5)
		}
		l := line{text: text, size: noteSize, role: look.Ink}
		w := l.width() + 10
		out = append(out, Group{
			Shapes: []Shape{{Path: rounded(x, 0, w, tagHeight, tagHeight/2), Fill: look.Tag}},
			Texts:  []Text{l.at(x+5, (tagHeight-l.height())/2, w-10)},
		})
		x += w + 5
		if last {
			break
		}
	}
	return out, max(0, x-5)
}

// boxTip is what a pointer over a frame tells.
func boxTip(b graph.Box) string {
	var lines []string
	for _, text := range append([]string{strings.Join(b.Targets, ", "), b.Subtitle, strings.Join(b.Groups, ", ")}, look.Marked(b.Marks)...) {
		if text != "" {
			lines = append(lines, text)
		}
	}
	return strings.Join(lines, "\n")
}

// groups are all that is drawn, from the ground up.
func (p *picture) groups() []Group {
	var out []Group
	for _, b := range p.boxes {
		out = append(out, b.frame...)
	}
	out = append(out, p.links...)
	for _, b := range p.boxes {
		out = append(out, b.edges...)
	}
	for _, b := range p.boxes {
		out = append(out, b.nodes...)
	}
	return out
}
