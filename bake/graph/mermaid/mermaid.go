// Package mermaid is the picture of a build as a flowchart of Mermaid, which
// GitHub, GitLab and many editors draw inside Markdown. They draw at most 500 edges
// and 50,000 characters.
package mermaid

import (
	"cmp"
	"fmt"
	"strings"

	"bake/bake/graph"
	"bake/bake/graph/look"
)

// Render is a graph as a flowchart. Nodes are called b0n0, after the numbers of
// the box and of the node in it, so that no name is read as a word of the language.
func Render(g *graph.Graph, o look.Options) ([]byte, error) {
	g, err := look.Prepare(g, o)
	if err != nil {
		return nil, err
	}
	w := &writer{graph: g, options: o, marks: look.MarkNames(g), classes: map[string][]string{}}
	if g.Title != "" {
		w.line(0, "---\ntitle: "+yaml(g.Title)+"\n---")
	}
	direction := "LR"
	if o.TopDown {
		direction = "TB"
	}
	w.line(0, "flowchart "+direction)
	for i, b := range g.Boxes {
		w.box(i, b, direction)
	}
	for _, l := range g.Links {
		w.link(l)
	}
	if o.Legend {
		w.legend()
	}
	w.styles()
	return []byte(w.out.String()), nil
}

type writer struct {
	out     strings.Builder
	graph   *graph.Graph
	options look.Options
	marks   []string
	classes map[string][]string // nodes of each class and its style, in order
	used    []string            // these, in the order of their first use
	strokes []string            // style of each edge, in order; empty for that of the chart
}

func (w *writer) line(depth int, text string) {
	w.out.WriteString(strings.Repeat("  ", depth) + text + "\n")
}

func (w *writer) box(i int, b graph.Box, direction string) {
	depth := 1
	if !look.Loose(w.graph) {
		id := fmt.Sprintf("b%d", i)
		w.line(1, fmt.Sprintf(`subgraph %s["%s"]`, id, title(b)))
		w.line(2, "direction "+direction)
		w.class(id, w.styleOf("box", look.BoxStyle(b, w.marks)))
		depth = 2
	}
	for j, n := range b.Nodes {
		w.node(depth, fmt.Sprintf("b%dn%d", i, j), b, n)
	}
	if len(b.Nodes) == 0 {
		w.line(depth, fmt.Sprintf(`b%dn0[" "]`, i))
	}
	for _, e := range b.Edges {
		w.edge(depth, fmt.Sprintf("b%dn%d", i, e.From), fmt.Sprintf("b%dn%d", i, e.To), e, "")
	}
	if depth == 2 {
		w.line(1, "end")
	}
}

// title stands over a box. It is one line: Mermaid has no room for more, and puts
// the rest over the nodes.
func title(b graph.Box) string {
	text := cmp.Or(look.Some(b.Targets, 40), look.CutMiddle(b.Subtitle, 40))
	if len(b.Groups) > 0 {
		text += " (" + look.Some(b.Groups, 20) + ")"
	}
	if texts := look.Marked(b.Marks); len(texts) > 0 {
		text += ": " + look.Some(texts, 30)
	}
	return escape(text)
}

func (w *writer) node(depth int, id string, b graph.Box, n graph.Node) {
	var lines []string
	if word := look.KindWord(n.Kind); word != "" {
		lines = append(lines, escape(word))
	}
	lines = append(lines, escape(look.Name(n, w.options)))
	for _, note := range look.Notes(b, n) {
		lines = append(lines, escape(note))
	}
	if w.options.Layers {
		for _, line := range n.Lines {
			lines = append(lines, escape(line))
		}
	}
	w.line(depth, fmt.Sprintf(`%s("%s")`, id, strings.Join(lines, "<br>")))
	w.class(id, w.styleOf(className(n), look.NodeStyle(n, w.marks)))
}

// className names what a node is, for a person who reads the text.
func className(n graph.Node) string {
	name := "stage"
	switch {
	case len(n.Marks) > 0:
		name = "marked"
	case n.Default:
		name = "result"
	case n.Kind == graph.Target:
		name = "target"
	case look.Outside(n.Kind):
		name = "outside"
	}
	if n.Unused {
		name = "unused" + strings.ToUpper(name[:1]) + name[1:]
	}
	return name
}

// styleOf is a class and its style, as one text.
func (w *writer) styleOf(name string, s look.Style) string {
	css := fmt.Sprintf("fill:%s,stroke:%s,color:%s", w.color(s.Ground), w.color(s.Line), w.color(s.Text))
	if s.Dash != nil {
		css += ",stroke-dasharray:" + dash(s.Dash)
	}
	if s.Width != 1 {
		css += fmt.Sprintf(",stroke-width:%gpx", s.Width)
	}
	return name + " " + css
}

func (w *writer) color(r look.Role) string { return look.Color(r, w.options.Theme) }

func dash(lengths []float64) string {
	var out []string
	for _, n := range lengths {
		out = append(out, fmt.Sprintf("%g", n))
	}
	return strings.Join(out, " ")
}

func (w *writer) class(id, class string) {
	if w.classes[class] == nil {
		w.used = append(w.used, class)
	}
	w.classes[class] = append(w.classes[class], id)
}

// arrows are those of the kinds of edges, the second where all lines are solid.
var arrows = map[graph.EdgeKind][2]string{
	graph.Base: {"-->", "-->"}, graph.Copy: {"-.->", "--x"}, graph.Mount: {"-.-o", "--o"}, graph.Trigger: {"==>", "==>"},
}

func (w *writer) edge(depth int, from, to string, e graph.Edge, words string) {
	arrow := arrows[e.Kind][0]
	if w.options.SolidEdges {
		arrow = arrows[e.Kind][1]
	}
	if arrow == "" {
		arrow = "-->"
	}
	s, css := look.EdgeStyle(e, w.marks, w.options), ""
	if e.Unused || len(e.Marks) > 0 {
		css = "stroke:" + w.color(s.Line)
	}
	if e.Kind == graph.Mount && !w.options.SolidEdges {
		css = strings.TrimPrefix(css+",stroke-dasharray:"+dash(s.Dash), ",")
	}
	if texts := look.Marked(e.Marks); len(texts) > 0 && words == "" {
		words = strings.Join(texts, ", ")
	}
	if words != "" {
		words = `|"` + escape(words) + `"|`
	}
	w.line(depth, from+" "+arrow+words+" "+to)
	w.strokes = append(w.strokes, css)
}

// linkCSS is the style of a link between boxes.
func (w *writer) linkCSS() string {
	s := look.LinkStyle()
	return fmt.Sprintf("stroke:%s,stroke-width:%gpx", w.color(s.Line), s.Width)
}

func (w *writer) link(l graph.Link) {
	from, to := look.Ends(w.graph, l)
	end := fmt.Sprintf("b%dn%d", l.To, to)
	if to < 0 {
		end = fmt.Sprintf("b%d", l.To)
	}
	w.line(1, fmt.Sprintf("b%dn%d --> %s", l.From, max(0, from), end))
	w.strokes = append(w.strokes, w.linkCSS())
}

func (w *writer) legend() {
	w.line(1, `subgraph legend["legend"]`)
	for i, e := range look.Legend(w.graph) {
		id := fmt.Sprintf("l%d", i)
		switch {
		case e.Link:
			w.line(2, fmt.Sprintf(`%sa((" ")) -->|"%s"| %sb((" "))`, id, escape(e.Words), id))
			w.strokes = append(w.strokes, w.linkCSS())
		case e.Edge != "":
			w.edge(2, id+`a((" "))`, id+`b((" "))`, graph.Edge{Kind: e.Edge}, e.Words)
		default:
			w.line(2, fmt.Sprintf(`%s("%s")`, id, escape(e.Words)))
			w.class(id, w.styleOf(className(e.Node), look.NodeStyle(e.Node, w.marks)))
		}
	}
	w.line(1, "end")
	w.class("legend", w.styleOf("box", look.BoxStyle(graph.Box{}, nil)))
}

// styles writes the classes, who has them, and the styles of edges, which Mermaid
// knows by their numbers.
func (w *writer) styles() {
	again := map[string]int{}
	for _, class := range w.used {
		name, css, _ := strings.Cut(class, " ")
		if again[name]++; again[name] > 1 {
			name += fmt.Sprint(again[name])
		}
		w.line(1, "classDef "+name+" "+css)
		w.line(1, "class "+strings.Join(w.classes[class], ",")+" "+name)
	}
	var order []string
	numbers := map[string][]string{}
	for i, css := range w.strokes {
		if css == "" {
			continue
		}
		if numbers[css] == nil {
			order = append(order, css)
		}
		numbers[css] = append(numbers[css], fmt.Sprint(i))
	}
	for _, css := range order {
		w.line(1, "linkStyle "+strings.Join(numbers[css], ",")+" "+css)
	}
}
