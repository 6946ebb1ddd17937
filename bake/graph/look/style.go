package look

import (
	"slices"

	"bake/bake/graph"
)

// Role is what a colour is for. It is also the class of what is painted in an svg.
type Role string

// The roles of colours.
const (
	None      Role = ""
	Paper     Role = "paper"      // of the page
	Frame     Role = "frame"      // ground of a box
	FrameLine Role = "frame-line" // around a box
	Ground    Role = "ground"     // of a node
	Result    Role = "result"     // ground of what a target gives
	Line      Role = "line"       // around a node, and of an edge
	Ink       Role = "ink"        // of text
	Muted     Role = "muted"      // of text that explains
	Pale      Role = "pale"       // of text of what is not needed
	PaleLine  Role = "pale-line"  // around it
	Linked    Role = "linked"     // of links between boxes
	Tag       Role = "tag"        // ground of a group's name
)

// colors are those of the roles, in the light and in the dark.
var colors = []struct {
	role        Role
	light, dark string
}{
	{Paper, "#ffffff", "#0d1117"},
	{Frame, "#f6f8fa", "#161b22"},
	{FrameLine, "#c9d1d9", "#3d444d"},
	{Ground, "#ffffff", "#0d1117"},
	{Result, "#dde1e6", "#414a55"},
	{Line, "#3d444d", "#9aa4af"},
	{Ink, "#1f2328", "#e6edf3"},
	{Muted, "#59636e", "#9198a1"},
	{Pale, "#8c959f", "#6e7681"},
	{PaleLine, "#c9d1d9", "#3d444d"},
	{Linked, "#0969da", "#4493f8"},
	{Tag, "#ddf4ff", "#12304f"},
	{"mark-1", "#9a6700", "#d29922"}, {"mark-1-ground", "#fff3c4", "#3a2d0b"},
	{"mark-2", "#8250df", "#ab7df8"}, {"mark-2-ground", "#f3e8ff", "#2f1f4d"},
	{"mark-3", "#1a7f37", "#3fb950"}, {"mark-3-ground", "#dafbe1", "#12351d"},
	{"mark-4", "#bc4c00", "#db6d28"}, {"mark-4-ground", "#ffe9dc", "#43220c"},
}

// markColors is how many marks have a colour of their own.
const markColors = 4

// Roles are all that have a colour, in a fixed order.
func Roles() []Role {
	var out []Role
	for _, row := range colors {
		out = append(out, row.role)
	}
	return out
}

// Color is the colour of a role as #rrggbb. Without a theme it is that in the light.
func Color(r Role, t Theme) string {
	for _, row := range colors {
		if row.role == r {
			if t == Dark {
				return row.dark
			}
			return row.light
		}
	}
	return "none"
}

// Style is how a node, an edge or a link is drawn.
type Style struct {
	Ground, Line, Text, Note Role
	Width                    float64   // of the line, in points
	Dash                     []float64 // lengths of strokes and gaps, in points; none for a solid line
	Head                     Head      // of an edge
}

// Head is the end of an edge.
type Head string

// The heads of edges.
const (
	Full    Head = "full"    // a filled triangle
	Empty   Head = "empty"   // an outlined triangle
	Diamond Head = "diamond" // an outlined diamond
	Open    Head = "open"    // two strokes
)

// Outside reports whether a kind of node comes from elsewhere: its line is dashed.
func Outside(k graph.Kind) bool { return k != graph.Stage }

// NodeStyle is the style of a node. names are those of the graph's marks.
func NodeStyle(n graph.Node, names []string) Style {
	s := Style{Ground: Ground, Line: Line, Text: Ink, Note: Muted, Width: 1}
	if n.Default {
		s.Ground = Result
	}
	if Outside(n.Kind) {
		s.Dash = []float64{4, 3}
	}
	if n.Kind == graph.Target {
		s.Line = Linked
	}
	if n.Unused {
		s.Line, s.Text, s.Note = PaleLine, Pale, Pale
	}
	if r := markRole(n.Marks, names); r != None {
		s.Line, s.Ground, s.Note, s.Text, s.Width = r, r+"-ground", r, Ink, 1.5
	}
	return s
}

// EdgeStyle is the style of an edge.
func EdgeStyle(e graph.Edge, names []string, o Options) Style {
	s := Style{Line: Line, Ground: Line, Text: Muted, Width: 1}
	switch e.Kind {
	case graph.Copy:
		s.Head, s.Dash = Empty, []float64{5, 3}
	case graph.Mount:
		s.Head, s.Dash = Diamond, []float64{1, 2.5}
	case graph.Trigger:
		s.Head, s.Dash = Open, []float64{8, 3, 1.5, 3}
	default:
		s.Head = Full
	}
	if o.SolidEdges {
		s.Dash = nil
	}
	if e.Unused {
		s.Line, s.Ground = PaleLine, PaleLine
	}
	if r := markRole(e.Marks, names); r != None {
		s.Line, s.Ground, s.Width = r, r, 1.5
	}
	return s
}

// LinkStyle is the style of the links between boxes.
func LinkStyle() Style {
	return Style{Line: Linked, Ground: Linked, Text: Linked, Width: 1.5, Head: Full}
}

// BoxStyle is the style of the frame of a box.
func BoxStyle(b graph.Box, names []string) Style {
	s := Style{Ground: Frame, Line: FrameLine, Text: Ink, Note: Muted, Width: 1}
	if r := markRole(b.Marks, names); r != None {
		s.Line, s.Note, s.Width = r, r, 1.5
	}
	return s
}

// markRole is the colour of the first mark.
func markRole(marks []graph.Mark, names []string) Role {
	if len(marks) == 0 {
		return None
	}
	i := max(0, slices.Index(names, marks[0].Name))
	return Role("mark-" + string(rune('1'+i%markColors)))
}
