// Package dot is the picture of a build in the language of Graphviz, with the
// styles that the other forms have: a cluster for each box.
package dot

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"bake/bake/graph"
	"bake/bake/graph/look"
)

// The distances that Graphviz is given where none are asked for, in points.
const (
	nodeSep = 18
	rankSep = 36
)

// Render is a graph as a digraph. Nodes are called b0n0, after the numbers of the
// box and of the node in it.
func Render(g *graph.Graph, o look.Options) ([]byte, error) {
	g, err := look.Prepare(g, o)
	if err != nil {
		return nil, err
	}
	w := &writer{graph: g, options: o, marks: look.MarkNames(g)}
	w.line(0, "digraph {")
	w.head()
	for i, b := range g.Boxes {
		w.box(i, b)
	}
	for _, l := range g.Links {
		w.link(l)
	}
	if o.Legend {
		w.legend()
	}
	w.line(0, "}")
	return []byte(w.out.String()), nil
}

type writer struct {
	out     strings.Builder
	graph   *graph.Graph
	options look.Options
	marks   []string
}

func (w *writer) line(depth int, text string) {
	w.out.WriteString(strings.Repeat("  ", depth) + text + "\n")
}

// attributes writes pairs of a name and a value as [name="value"].
func attributes(pairs ...string) string {
	var out []string
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out = append(out, pairs[i]+"="+quote(pairs[i+1]))
		}
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// quote writes a text as an ID of the language. Line breaks of labels are given as
// "\n" and "\l", which it keeps.
func quote(text string) string { return `"` + strings.ReplaceAll(text, `"`, `\"`) + `"` }

// label is a text in a label: a backslash in it stands for itself.
func label(text string) string { return strings.ReplaceAll(text, `\`, `\\`) }

func (w *writer) head() {
	direction := "LR"
	if w.options.TopDown {
		direction = "TB"
	}
	concentrate := ""
	if w.options.Concentrate {
		concentrate = "true"
	}
	w.line(1, "graph "+attributes("rankdir", direction, "compound", "true", "fontname", font, "bgcolor", w.color(look.Paper),
		"fontcolor", w.color(look.Ink), "label", label(w.graph.Title), "labelloc", "t", "concentrate", concentrate,
		"nodesep", inches(cmp.Or(w.options.NodeSep, nodeSep)), "ranksep", inches(cmp.Or(w.options.RankSep, rankSep))))
	w.line(1, "node "+attributes("shape", "box", "fontname", font, "fontsize", "12", "margin", "0.15,0.06"))
	w.line(1, "edge "+attributes("fontname", font, "fontsize", "10"))
}

// font is one that Graphviz has a place for everywhere.
const font = "Helvetica,Arial,sans-serif"

func inches(points float64) string { return strconv.FormatFloat(points/72, 'f', 3, 64) }

func (w *writer) color(r look.Role) string {
	if r == look.None {
		return ""
	}
	return look.Color(r, w.options.Theme)
}

func (w *writer) box(i int, b graph.Box) {
	depth := 1
	if !look.Loose(w.graph) {
		s := look.BoxStyle(b, w.marks)
		w.line(1, fmt.Sprintf("subgraph cluster_%d {", i))
		w.line(2, "graph "+attributes("label", w.title(b), "labeljust", "l", "style", "rounded,filled", "fillcolor", w.color(s.Ground),
			"color", w.color(s.Line), "fontcolor", w.color(s.Text), "penwidth", number(s.Width), "margin", "12"))
		depth = 2
	}
	for j, n := range b.Nodes {
		w.line(depth, fmt.Sprintf("b%dn%d ", i, j)+w.node(b, n))
	}
	if len(b.Nodes) == 0 {
		w.line(depth, fmt.Sprintf("b%dn0 ", i)+attributes("style", "invis", "label", " "))
	}
	over := look.Stagger(b, w.options.Unflatten)
	for j, e := range b.Edges {
		w.line(depth, fmt.Sprintf("b%dn%d -> b%dn%d ", i, e.From, i, e.To)+w.edge(e, over[j]))
	}
	if depth == 2 {
		w.line(1, "}")
	}
}

// title is what stands over a box, one line below the other.
func (w *writer) title(b graph.Box) string {
	var lines []string
	for _, text := range append([]string{look.Some(b.Targets, 60), b.Subtitle, strings.Join(b.Groups, ", ")}, look.Marked(b.Marks)...) {
		if text != "" {
			lines = append(lines, label(text)+`\l`)
		}
	}
	return strings.Join(lines, "")
}

func (w *writer) node(b graph.Box, n graph.Node) string {
	s := look.NodeStyle(n, w.marks)
	text := label(look.Name(n, w.options))
	if word := look.KindWord(n.Kind); word != "" {
		text = label(word) + `\n` + text
	}
	for _, note := range look.Notes(b, n) {
		text += `\n` + label(note)
	}
	if w.options.Layers && len(n.Lines) > 0 {
		text += `\n`
		for _, line := range n.Lines {
			text += label(line) + `\l`
		}
	}
	style := "rounded,filled"
	if s.Dash != nil {
		style += ",dashed"
	}
	return attributes("label", text, "style", style, "fillcolor", w.color(s.Ground), "color", w.color(s.Line),
		"fontcolor", w.color(s.Text), "penwidth", number(s.Width), "tooltip", label(look.Place(n.At)))
}

func (w *writer) edge(e graph.Edge, over int) string {
	ranks := ""
	if over > 1 {
		ranks = strconv.Itoa(over)
	}
	return attributes(append(w.stroke(look.EdgeStyle(e, w.marks, w.options)), "minlen", ranks, "label", label(strings.Join(look.Marked(e.Marks), ", ")),
		"tooltip", label(strings.TrimSpace(look.Place(e.At)+" "+e.Text)))...)
}

// stroke is how an edge is drawn. Graphviz knows no strokes and dots in turn: a
// trigger is a bold line.
func (w *writer) stroke(s look.Style) []string {
	style, head, width := "", "normal", number(s.Width)
	switch s.Head {
	case look.Empty:
		style, head = "dashed", "empty"
	case look.Diamond:
		style, head = "dotted", "ediamond"
	case look.Open:
		style, head, width = "bold", "vee", ""
	}
	if w.options.SolidEdges {
		style = ""
	}
	return []string{"arrowhead", head, "style", style, "color", w.color(s.Line), "fontcolor", w.color(s.Text), "penwidth", width}
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// link draws a link from the result that is read to what stands for it.
func (w *writer) link(l graph.Link) {
	from, to := look.Ends(w.graph, l)
	pairs := w.stroke(look.LinkStyle())
	if to < 0 {
		pairs = append(pairs, "lhead", fmt.Sprintf("cluster_%d", l.To))
	}
	tip := l.Target
	if l.Name != "" && l.Name != l.Target {
		tip += " as " + l.Name
	}
	w.line(1, fmt.Sprintf("b%dn%d -> b%dn%d ", l.From, max(0, from), l.To, max(0, to))+attributes(append(pairs, "tooltip", label(tip))...))
}

// legend is a cluster with what occurs.
func (w *writer) legend() {
	w.line(1, "subgraph cluster_legend {")
	w.line(2, "graph "+attributes("label", `legend\l`, "labeljust", "l", "style", "rounded", "color", w.color(look.FrameLine), "fontcolor", w.color(look.Muted)))
	for i, e := range look.Legend(w.graph) {
		if e.Edge == "" && !e.Link {
			n := e.Node
			n.Name, n.Platform = e.Words, ""
			if n.Kind != graph.Stage {
				n = graph.Node{Kind: graph.Image, Name: e.Words}
			}
			w.line(2, fmt.Sprintf("l%d ", i)+w.node(graph.Box{}, n))
			continue
		}
		s := look.LinkStyle()
		if !e.Link {
			s = look.EdgeStyle(graph.Edge{Kind: e.Edge}, w.marks, w.options)
		}
		for _, end := range []string{"a", "b"} {
			w.line(2, fmt.Sprintf("l%d%s ", i, end)+attributes("shape", "point", "style", "invis"))
		}
		w.line(2, fmt.Sprintf("l%da -> l%db ", i, i)+attributes(append(w.stroke(s), "label", label(e.Words))...))
	}
	w.line(1, "}")
}
