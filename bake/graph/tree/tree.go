// Package tree is the picture of a build on a terminal: the boxes, their stages in
// the order of the file, and what each of them stands on and reads.
package tree

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bake/bake/graph"
	"bake/bake/graph/look"
)

const (
	defaultWidth = 80
	minWidth     = 30
)

// Render is a graph as text that fits a width. Only with Options.Color it has
// escape sequences, and they say nothing that the text does not.
func Render(g *graph.Graph, o look.Options) ([]byte, error) {
	g, err := look.Prepare(g, o)
	if err != nil {
		return nil, err
	}
	p := &printer{graph: g, options: o, width: max(minWidth, cmp.Or(o.Width, defaultWidth))}
	if g.Title != "" {
		p.wrapped("", "", g.Title, bold)
		p.line("")
	}
	for i := range g.Boxes {
		if i > 0 {
			p.line("")
		}
		p.box(i)
	}
	if len(g.Boxes) > 0 {
		p.line("")
	}
	p.wrapped("", "", summary(g), faint)
	return []byte(p.out.String()), nil
}

// printer writes lines that are at most width columns wide.
type printer struct {
	out     strings.Builder
	graph   *graph.Graph
	options look.Options
	width   int
}

// box prints a box: what it is, who reads its result, and its stages.
func (p *printer) box(index int) {
	b := p.graph.Boxes[index]
	rows := stages(b)
	rail := "│  "
	if len(rows) == 0 {
		rail = "   "
	}
	title := strings.Join(b.Targets, ", ")
	if title == "" { // a Dockerfile alone
		title, b.Subtitle = b.Subtitle, ""
	}
	if title != "" {
		p.wrapped("", "  ", title, bold)
	}
	if len(b.Groups) > 0 {
		p.wrapped(rail, rail+"  ", "group "+strings.Join(b.Groups, ", "), plain)
	}
	if b.Subtitle != "" {
		p.line(p.paint(rail, faint) + p.paint(clipMiddle(b.Subtitle, p.width-columns(rail)), faint))
	}
	if readers := p.readers(index); len(readers) > 0 {
		p.wrapped(rail, rail+"  ", "read by "+look.Some(readers, 2*p.width-20), plain)
	}
	for _, l := range p.graph.Links {
		if l.To == index && l.Node == "" {
			p.wrapped(rail, rail+"  ", fmt.Sprintf("target %s as %s [unused]", l.Target, l.Name), plain)
		}
	}
	for _, text := range look.Marked(b.Marks) {
		p.wrapped(rail, rail+"  ", text, marked)
	}
	p.stages(b, rows)
}

// readers are the targets that read a result of a box.
func (p *printer) readers(box int) []string {
	var names []string
	for _, l := range p.graph.Links {
		if l.From != box {
			continue
		}
		for _, name := range p.graph.Boxes[l.To].Targets {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// stages are the nodes that have a row of their own; others stand with those that
// read them. Among these are lone ones, so that nothing is left out.
func stages(b graph.Box) []int {
	read := make([]bool, len(b.Nodes))
	for _, e := range b.Edges {
		read[e.From] = true
	}
	var rows []int
	for i, n := range b.Nodes {
		if n.Kind == graph.Stage || n.Kind == graph.Opaque || !read[i] {
			rows = append(rows, i)
		}
	}
	return rows
}

// stages prints a row for each stage: its name, and beside it what it reads.
func (p *printer) stages(b graph.Box, rows []int) {
	longest, limit := 0, p.width*2/5
	for _, i := range rows {
		if n := columns(p.title(b, b.Nodes[i])); n <= limit {
			longest = max(longest, n)
		}
	}
	edges := make([][]graph.Edge, len(b.Nodes))
	for _, e := range b.Edges {
		edges[e.To] = append(edges[e.To], e)
	}
	for k, i := range rows {
		branch, rail := "├─ ", "│  "
		if k == len(rows)-1 {
			branch, rail = "└─ ", "   "
		}
		p.stage(b, i, p.reads(b, edges[i]), branch, rail, longest)
	}
}

func (p *printer) stage(b graph.Box, i int, reads []string, branch, rail string, column int) {
	n := b.Nodes[i]
	title, style := p.title(b, n), plain
	switch {
	case n.Unused:
		style = faint
	case n.Default:
		style = bold
	}
	head := p.paint(branch, faint) + p.paint(title, style) + strings.Repeat(" ", max(0, column-columns(title))+2)
	if columns(title) > column || len(reads) == 0 {
		p.wrapped(branch, rail+"  ", title, style)
		head = p.paint(rail, faint) + strings.Repeat(" ", column+2)
	}
	room := p.width - columns(branch) - column - 2
	for _, read := range reads {
		for _, line := range wrap(read, room) {
			p.line(head + p.paint(line, unusedStyle(n)))
			head = p.paint(rail, faint) + strings.Repeat(" ", column+2)
		}
	}
	if p.options.Layers {
		for _, line := range n.Lines {
			p.line(p.paint(rail, faint) + "  " + p.paint(clip(line, p.width-5), faint))
		}
	}
}

func unusedStyle(n graph.Node) string {
	if n.Unused {
		return faint
	}
	return plain
}

// title is the name of a stage and what is to be known of it.
func (p *printer) title(b graph.Box, n graph.Node) string {
	parts := []string{look.Called(n, p.options)}
	add := func(text string) {
		if text != "" {
			parts = append(parts, "["+text+"]")
		}
	}
	add(look.ResultOf(b, n))
	if n.Unused {
		add("unused")
	}
	if !n.Default || len(n.Results) == 0 {
		add(look.Some(look.Users(b, n), 24))
	}
	add(n.Platform)
	for _, text := range look.Marked(n.Marks) {
		add(text)
	}
	return strings.Join(parts, " ")
}

// reads says what a stage stands on and reads, by its edges: a line for each way.
func (p *printer) reads(b graph.Box, edges []graph.Edge) []string {
	var ways []string
	names := map[string][]string{}
	for _, kind := range []graph.EdgeKind{graph.Base, graph.Copy, graph.Mount, graph.Trigger} {
		for _, e := range edges {
			if e.Kind != kind {
				continue
			}
			from := b.Nodes[e.From]
			way, name := look.Use(from, e.Kind), look.Called(from, p.options)
			if texts := look.Marked(e.Marks); len(texts) > 0 {
				name += " [" + strings.Join(texts, ", ") + "]"
			}
			if from.Platform != "" && from.Kind != graph.Stage { // a stage has a row that says it
				name += " [" + from.Platform + "]"
			}
			if names[way] == nil {
				ways = append(ways, way)
			}
			if !slices.Contains(names[way], name) {
				names[way] = append(names[way], name)
			}
		}
	}
	for i, way := range ways {
		ways[i] = way + " " + strings.Join(names[way], ", ")
	}
	return ways
}

// summary counts what there is.
func summary(g *graph.Graph) string {
	count := map[graph.Kind]int{}
	targets, unused := 0, 0
	images := map[string]bool{}
	for _, b := range g.Boxes {
		targets += len(b.Targets)
		for _, n := range b.Nodes {
			count[n.Kind]++
			if n.Kind == graph.Stage && n.Unused {
				unused++
			}
			if n.Kind == graph.Image {
				images[n.Name] = true
			}
		}
	}
	var parts []string
	add := func(n int, noun string) {
		if n > 0 {
			parts = append(parts, plural(n, noun))
		}
	}
	add(targets, "target")
	add(len(g.Links), "link")
	add(count[graph.Stage], "stage")
	if unused > 0 {
		parts[len(parts)-1] += fmt.Sprintf(" (%d unused)", unused)
	}
	add(len(images), "image")
	return cmp.Or(strings.Join(parts, ", "), "nothing to show")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
