package draw

import (
	"fmt"
	"slices"
	"strings"

	"bake/bake/graph"
	"bake/bake/graph/font"
	"bake/bake/graph/layout"
	"bake/bake/graph/look"
)

// Sizes, in points.
const (
	nameSize  = 12.0
	noteSize  = 9.5
	codeSize  = 9.0
	leading   = 1.3 // of a line of text, in sizes
	nodePadX  = 12.0
	nodePadY  = 7.0
	nodeMinW  = 64.0
	nodeMinH  = 30.0
	edgeRoom  = 4.5 // of an edge at a side of a node
	maxSide   = 110.0
	corner    = 6.0
	codeChars = 72   // of an instruction in a node
	spare     = 1.06 // room for a font that is wider, beside the padding
)

// line is a line of text in a node or over a box.
type line struct {
	text string
	size float64
	face font.Face
	role look.Role
	left bool // else it is centred
	gap  float64
}

func (l line) width() float64 { return l.face.Width(l.text, l.size) }

func (l line) height() float64 { return l.size*leading + l.gap }

// at is a line as a text, with its top at y, between x and x+w.
func (l line) at(x, y, w float64) Text {
	width := l.width()
	if !l.left {
		x += (w - width) / 2
	}
	return Text{Text: l.text, Centred: !l.left, X: x, Y: y + l.gap + l.size*(leading+0.72)/2, W: width, Size: l.size, Face: l.face, Role: l.role}
}

// nodeLines are the texts of a node, from the top.
func (p *picture) nodeLines(b graph.Box, n graph.Node) []line {
	s := look.NodeStyle(n, p.marks)
	var out []line
	if word := look.KindWord(n.Kind); word != "" {
		out = append(out, line{text: word, size: noteSize, role: s.Note})
	}
	if name := look.Name(n, p.options); name != "" {
		out = append(out, line{text: name, size: nameSize, role: s.Text})
	}
	for _, note := range look.Notes(b, n) {
		out = append(out, line{text: look.Cut(note, codeChars), size: noteSize, role: s.Note})
	}
	if p.options.Layers {
		gap := 4.0
		for _, code := range n.Lines {
			out = append(out, line{text: look.Cut(code, codeChars), size: codeSize, face: font.Mono, role: s.Note, left: true, gap: gap})
			gap = 0
		}
	}
	return out
}

func sizeOf(lines []line) layout.Size {
	var s layout.Size
	for _, l := range lines {
		s.W = max(s.W, l.width())
		s.H += l.height()
	}
	return s
}

// sizes are those of the nodes of a box. One with many edges is larger, so that
// their heads can be told from each other.
func (p *picture) sizes(b graph.Box) []layout.Size {
	in, out := make([]int, len(b.Nodes)), make([]int, len(b.Nodes))
	for _, list := range merged(b.Edges) {
		in[list[0].To]++
		out[list[0].From]++
	}
	sizes := make([]layout.Size, len(b.Nodes))
	for i, n := range b.Nodes {
		s := sizeOf(p.nodeLines(b, n))
		s = layout.Size{W: max(nodeMinW, s.W*spare+2*nodePadX), H: max(nodeMinH, s.H+2*nodePadY)}
		side := min(maxSide, edgeRoom*float64(max(in[i], out[i])+1))
		if p.options.TopDown {
			s.W = max(s.W, side)
		} else {
			s.H = max(s.H, side)
		}
		sizes[i] = s
	}
	return sizes
}

// node draws a node around its centre.
func (p *picture) node(id string, b graph.Box, n graph.Node, centre layout.Point, size layout.Size) Group {
	lines := p.nodeLines(b, n)
	x, y := centre.X-size.W/2, centre.Y-size.H/2
	s := look.NodeStyle(n, p.marks)
	g := Group{ID: id, Class: "node", Tip: nodeTip(b, n), Shapes: []Shape{
		{Path: rounded(x, y, size.W, size.H, corner), Fill: s.Ground, Line: s.Line, Width: s.Width, Dash: s.Dash},
	}}
	top := centre.Y - sizeOf(lines).H/2
	for _, l := range lines {
		g.Texts = append(g.Texts, l.at(x+nodePadX, top, size.W-2*nodePadX))
		top += l.height()
	}
	return g
}

// nodeTip is what a pointer over a node tells.
func nodeTip(b graph.Box, n graph.Node) string {
	word := look.KindWord(n.Kind)
	if word == "" {
		word = string(n.Kind)
	}
	lines := []string{word + " " + n.Name}
	if place := look.Place(n.At); place != "" {
		lines = append(lines, place)
	}
	if text := look.ResultOf(b, n); text != "" {
		lines = append(lines, text)
	}
	if n.Unused {
		lines = append(lines, "no target needs it")
	}
	if users := look.Users(b, n); len(users) > 0 {
		lines = append(lines, "for "+strings.Join(users, ", "))
	}
	return strings.Join(append(lines, look.Marked(n.Marks)...), "\n")
}

// edgeTip is what a pointer over edges between two nodes tells.
func edgeTip(b graph.Box, edges []graph.Edge) string {
	first := edges[0]
	from, to := b.Nodes[first.From], b.Nodes[first.To]
	lines := []string{fmt.Sprintf("%s: %s → %s", look.Use(from, first.Kind), from.Name, to.Name)}
	for _, e := range edges {
		text := strings.TrimPrefix(look.Place(e.At)+"  "+e.Text, "  ")
		for _, text := range append([]string{text}, look.Marked(e.Marks)...) {
			if text != "" && !slices.Contains(lines, text) {
				lines = append(lines, text)
			}
		}
	}
	return strings.Join(lines, "\n")
}

// linkTip is what a pointer over a link tells.
func linkTip(g *graph.Graph, l graph.Link) string {
	text := fmt.Sprintf("%s reads target %s", strings.Join(g.Boxes[l.To].Targets, ", "), l.Target)
	if l.Name != "" && l.Name != l.Target {
		text += " as " + l.Name
	}
	return text
}
