package look

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"bake/bake/graph"
)

// kinds are the kinds of nodes in the order of a legend, with the word that stands
// in a node where its name does not tell, and the words of the legend.
var kinds = []struct {
	kind         graph.Kind
	word, legend string
}{
	{graph.Stage, "", "stage"},
	{graph.Image, "", "image"},
	{graph.Nothing, "", "empty image"},
	{graph.Target, "target", "result of another target"},
	{graph.Context, "context", "build context"},
	{graph.Named, "named context", "named context"},
	{graph.Remote, "remote", "URL or git repository"},
	{graph.Cache, "cache", "cache"},
	{graph.Secret, "secret", "secret or SSH agent"},
	{graph.Opaque, "other frontend", "Dockerfile of another frontend"},
}

// KindWord is the word that is shown with a node of a kind, empty where its name
// is enough: stages and images.
func KindWord(k graph.Kind) string {
	for _, row := range kinds {
		if row.kind == k {
			return row.word
		}
	}
	return string(k)
}

// EdgeWord is the instruction that makes an edge of a kind.
func EdgeWord(k graph.EdgeKind) string {
	switch k {
	case graph.Base:
		return "FROM"
	case graph.Copy:
		return "COPY --from"
	case graph.Mount:
		return "RUN --mount"
	case graph.Trigger:
		return "ONBUILD"
	}
	return string(k)
}

// Use is how an edge uses what it comes from: its instruction, as far as it says
// something.
func Use(from graph.Node, k graph.EdgeKind) string {
	switch {
	case k != graph.Copy:
	case from.Kind == graph.Context:
		return "COPY"
	case from.Kind == graph.Remote:
		return "ADD"
	}
	return EdgeWord(k)
}

// Called is a node's name after the word for its kind.
func Called(n graph.Node, o Options) string {
	return strings.TrimSpace(KindWord(n.Kind) + " " + Name(n, o))
}

// Name is what a node is called, cut to the longest label.
func Name(n graph.Node, o Options) string {
	if n.Kind == graph.Stage {
		return Cut(n.Name, o.MaxLabel)
	}
	return CutMiddle(n.Name, o.MaxLabel)
}

// Cut shortens a text to a number of characters. 0 is no limit.
func Cut(text string, limit int) string {
	if limit <= 0 || len(text) <= limit {
		return text
	}
	n, end := 0, 0
	for i := range text { // a text may be very long
		if n == max(1, limit-1) {
			end = i
		}
		if n++; n > limit {
			return text[:end] + "…"
		}
	}
	return text
}

// CutMiddle is Cut for names of images and paths, whose ends both tell.
func CutMiddle(text string, limit int) string {
	runes := []rune(text)
	if limit <= 0 || len(runes) <= limit {
		return text
	}
	keep := max(2, limit-1)
	return string(runes[:keep/2]) + "…" + string(runes[len(runes)-(keep-keep/2):])
}

// Some lists names, and says how many more there are than fit a number of characters.
func Some(names []string, limit int) string {
	for n := len(names); n > 1; n-- {
		text := strings.Join(names[:n], ", ")
		if n < len(names) {
			text += fmt.Sprintf(" +%d", len(names)-n)
		}
		if limit <= 0 || utf8.RuneCountInString(text) <= limit {
			return text
		}
	}
	if len(names) > 1 {
		return Cut(names[0], limit) + fmt.Sprintf(" +%d", len(names)-1)
	}
	return Cut(strings.Join(names, ""), limit)
}

// Rows lists names in at most so many lines of a number of characters, and says how
// many more there are.
func Rows(names []string, rows, limit int) []string {
	var out []string
	for len(names) > 0 {
		n, length := 1, utf8.RuneCountInString(names[0])
		for n < len(names) && length+2+utf8.RuneCountInString(names[n]) <= limit {
			length += 2 + utf8.RuneCountInString(names[n])
			n++
		}
		if len(out) == rows-1 && n < len(names) {
			return append(out, Some(names, limit))
		}
		line := Cut(strings.Join(names[:n], ", "), limit)
		if names = names[n:]; len(names) > 0 {
			line += ","
		}
		out = append(out, line)
	}
	return out
}

// Users are the targets of a box that use a node, where that is not all of them.
func Users(b graph.Box, n graph.Node) []string {
	if len(n.Targets) == 0 || len(n.Targets) >= len(b.Targets) {
		return nil
	}
	return n.Targets
}

// ResultOf says whose result a node is: empty where it is none.
func ResultOf(b graph.Box, n graph.Node) string {
	switch {
	case !n.Default:
		return ""
	case len(b.Targets) < 2 || len(n.Results) == 0 || len(n.Results) == len(b.Targets):
		return "result"
	}
	return "result of " + strings.Join(n.Results, ", ")
}

// Marked says what is known of a node, an edge or a box: one text for each mark.
func Marked(marks []graph.Mark) []string {
	var out []string
	for _, m := range marks {
		if m.Text == "" {
			m.Text = m.Name
		}
		if m.Text != "" && !slices.Contains(out, m.Text) {
			out = append(out, m.Text)
		}
	}
	return out
}

// Place is where something is written, as file:line; empty for nowhere.
func Place(p graph.Position) string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Loose reports whether a box is a Dockerfile alone, without a target: it has no
// frame when nothing stands beside it.
func Loose(g *graph.Graph) bool {
	return len(g.Boxes) == 1 && len(g.Boxes[0].Targets) == 0 && len(g.Links) == 0
}

// Entry is a row of a legend: a kind of node or of edge, or a style of either.
type Entry struct {
	Node  graph.Node // what is drawn beside the words, when Edge is empty
	Edge  graph.EdgeKind
	Link  bool
	Words string
}

// Legend explains what occurs in a graph.
func Legend(g *graph.Graph) []Entry {
	var out []Entry
	var outside []string // these look the same, and say in the node what they are
	for _, row := range kinds {
		switch {
		case !g.Has(row.kind):
		case row.kind == graph.Stage, row.kind == graph.Target:
			out = append(out, Entry{Node: graph.Node{Kind: row.kind}, Words: row.legend})
		case row.kind != graph.Nothing || len(outside) == 0:
			outside = append(outside, row.legend)
		}
	}
	switch {
	case len(outside) == 1:
		out = append(out, Entry{Node: graph.Node{Kind: graph.Image}, Words: outside[0]})
	case len(outside) > 1:
		out = append(out, Entry{Node: graph.Node{Kind: graph.Image}, Words: "image or other input"})
	}
	has := func(f func(graph.Node) bool) bool {
		return slices.ContainsFunc(g.Boxes, func(b graph.Box) bool { return slices.ContainsFunc(b.Nodes, f) })
	}
	if has(func(n graph.Node) bool { return n.Default }) {
		words := "default target"
		if slices.ContainsFunc(g.Boxes, func(b graph.Box) bool { return len(b.Targets) > 0 }) {
			words = "result of a target"
		}
		out = append(out, Entry{Node: graph.Node{Kind: graph.Stage, Default: true}, Words: words})
	}
	if has(func(n graph.Node) bool { return n.Unused }) {
		out = append(out, Entry{Node: graph.Node{Kind: graph.Stage, Unused: true}, Words: "not needed"})
	}
	for _, name := range MarkNames(g) {
		out = append(out, Entry{Node: graph.Node{Kind: graph.Stage, Marks: []graph.Mark{{Name: name}}}, Words: name})
	}
	for _, k := range []graph.EdgeKind{graph.Base, graph.Copy, graph.Mount, graph.Trigger} {
		if g.HasEdge(k) {
			out = append(out, Entry{Edge: k, Words: EdgeWord(k)})
		}
	}
	if len(g.Links) > 0 {
		out = append(out, Entry{Link: true, Words: "reads the result"})
	}
	return out
}

// MarkNames are the names of the marks of a graph, in alphabetical order.
func MarkNames(g *graph.Graph) []string {
	var names []string
	add := func(marks []graph.Mark) {
		for _, m := range marks {
			names = append(names, m.Name)
		}
	}
	for _, b := range g.Boxes {
		add(b.Marks)
		for _, n := range b.Nodes {
			add(n.Marks)
		}
		for _, e := range b.Edges {
			add(e.Marks)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
