package look

import (
	"slices"
	"strings"
	"unicode"

	"bake/bake/graph"
)

// Clean is a text that is safe to show, in one line. What would move a cursor,
// hide text or turn the direction of reading becomes a replacement character.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', r == '\r':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), unicode.In(r, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs):
			return unicode.ReplacementChar
		case r >= 0xfff0 && r <= 0xffff && r != unicode.ReplacementChar, r == 0xfeff, r >= 0x200b && r <= 0x200d:
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// MaxText is how many characters of an instruction are told: one with hundreds of
// mounts makes hundreds of edges.
const MaxText = 300

func cleanAll(texts []string) []string {
	out := slices.Clone(texts)
	for i, t := range out {
		out[i] = Clean(t)
	}
	return out
}

func cutAll(texts []string) []string {
	out := slices.Clone(texts)
	for i, t := range out {
		out[i] = Cut(t, MaxText)
	}
	return out
}

func cleanBox(b graph.Box) graph.Box {
	b.Targets, b.Groups, b.Subtitle = cleanAll(b.Targets), cleanAll(b.Groups), Clean(b.Subtitle)
	b.Marks = cleanMarks(b.Marks)
	b.Nodes, b.Edges = slices.Clone(b.Nodes), slices.Clone(b.Edges)
	for i := range b.Nodes {
		n := &b.Nodes[i]
		n.Name, n.Platform, n.At.File = Clean(n.Name), Clean(n.Platform), Clean(n.At.File)
		n.Lines, n.Targets, n.Results = cleanAll(cutAll(n.Lines)), cleanAll(n.Targets), cleanAll(n.Results)
		n.Marks = cleanMarks(n.Marks)
	}
	for i := range b.Edges {
		e := &b.Edges[i]
		e.Text, e.At.File, e.Targets, e.Marks = Clean(Cut(e.Text, MaxText)), Clean(e.At.File), cleanAll(e.Targets), cleanMarks(e.Marks)
	}
	return b
}

func cleanMarks(marks []graph.Mark) []graph.Mark {
	out := slices.Clone(marks)
	for i := range out {
		out[i].Name, out[i].Text = Clean(out[i].Name), Clean(out[i].Text)
	}
	return out
}
