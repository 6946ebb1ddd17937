package form_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"bake/bake/graph"
	"bake/bake/graph/form"
	"bake/bake/graph/look"
)

// nasty are names that break out of a form that does not escape them.
var nasty = []string{
	`</script><script>alert(1)</script>`, `]]><svg onload="alert(1)">`, `" onclick="alert(1)`, `'; alert(1); '`, `<!--`, `-->`,
	`a"]; click b0n0 "javascript:alert(1)"`, "end", "1. list", "- item", "`code`", "**bold**", "_under_", "#35;", "&lt;", "%%{init: {}}%%",
	"https://example.com/x", "git@example.com:a/b", `back\slash\l\n`, "subgraph x", `}"]`, "\u202etxt.exe\u2066", "\x1b[31mred\x07", "line\nbreak\r\ttab",
	"\u2028\u2029", "日本語の名前", "e\u0301", "🐳", strings.Repeat("long-", 60), "", " ", "\xff\xfe", "\ufeff\u200b", "${x}", "{{.}}", "__proto__",
}

// hostile has these names wherever a name can stand.
func hostile() *graph.Graph {
	g := &graph.Graph{Title: nasty[0]}
	for i, name := range nasty {
		place := graph.Position{File: name, Line: i}
		mark := []graph.Mark{{Name: name, Text: name}}
		g.Boxes = append(g.Boxes, graph.Box{
			Targets: []string{name, name + "2"}, Subtitle: name, Groups: []string{name}, Marks: mark,
			Nodes: []graph.Node{
				{ID: name, Kind: graph.Image, Name: name, Platform: name, Marks: mark},
				{ID: name + "s", Kind: graph.Stage, Name: name, Lines: []string{name}, At: place, Default: true, Results: []string{name}, Targets: []string{name}},
			},
			Edges: []graph.Edge{{From: 0, To: 1, Kind: graph.Base, Text: name, At: place, Targets: []string{name}, Marks: mark}},
		})
		if i > 0 {
			g.Links = append(g.Links, graph.Link{From: i - 1, To: i, Name: name, Target: name, Node: name})
		}
	}
	return g
}

func TestNamesDoNotBreakOut(t *testing.T) {
	for _, name := range form.Names() {
		if name == "png" || name == "pdf" || name == "json" {
			continue
		}
		out := string(render(t, name, hostile(), look.Options{Legend: true, Layers: true}))
		for _, r := range out {
			if unicode.Is(unicode.Bidi_Control, r) || unicode.IsControl(r) && r != '\n' && r != '\t' {
				t.Errorf("%s has the character %U", name, r)
				break
			}
		}
		if name != "text" && name != "dot" && strings.Contains(out, "<script>alert") {
			t.Errorf("%s has a script of a name", name)
		}
	}
}

func TestTextFits(t *testing.T) {
	for of, g := range graphs() {
		for _, width := range []int{30, 40, 80, 200} {
			out := string(render(t, "text", g, look.Options{Width: width, Layers: true}))
			for line := range strings.Lines(out) {
				if n := len([]rune(strings.TrimRight(line, "\n"))); n > width && of != "hostile" {
					t.Errorf("%s at %d columns has a line of %d: %q", of, width, n, line)
				}
			}
		}
	}
}

func TestTextNeedsNoColor(t *testing.T) {
	for of, g := range graphs() {
		plain := string(render(t, "text", g, look.Options{}))
		colored := string(render(t, "text", g, look.Options{Color: true}))
		if strings.Contains(plain, "\x1b") {
			t.Errorf("%s: escape sequences without Color", of)
		}
		if got := sequences.Replace(colored); got != plain {
			t.Errorf("%s: colours change the text", of)
		}
	}
}

var sequences = strings.NewReplacer("\x1b[1m", "", "\x1b[2m", "", "\x1b[1;36m", "", "\x1b[0m", "")

func TestScratchAndSeparate(t *testing.T) {
	g := &graph.Graph{Boxes: []graph.Box{{Nodes: []graph.Node{
		{ID: "n", Kind: graph.Nothing, Name: "scratch"}, {ID: "i", Kind: graph.Image, Name: "example.com:5000/go:1"},
		{ID: "a", Kind: graph.Stage, Name: "a"}, {ID: "b", Kind: graph.Stage, Name: "b", Default: true},
	}, Edges: []graph.Edge{{From: 0, To: 2, Kind: graph.Base, Unused: true}, {From: 0, To: 3, Kind: graph.Base}, {From: 1, To: 2, Kind: graph.Copy}, {From: 1, To: 3, Kind: graph.Copy}}}}}
	for _, tc := range []struct {
		options look.Options
		want    string
	}{
		{look.Options{}, "n i a b; n>a n>b i>a i>b"},
		{look.Options{Scratch: look.Hidden}, "i a b; i>a i>b"},
		{look.Options{Scratch: look.Separated}, "n n/2 i a b; n>a n/2>b i>a i>b"},
		{look.Options{Separate: []string{"example.com:5000/go"}}, "n i i/2 a b; n>a n>b i>a i/2>b"},
		{look.Options{Separate: []string{"example.com:5000/go:1"}}, "n i i/2 a b; n>a n>b i>a i/2>b"},
		{look.Options{Separate: []string{"go"}}, "n i a b; n>a n>b i>a i>b"},
	} {
		out, err := look.Arrange(g, tc.options)
		if err != nil {
			t.Fatal(err)
		}
		b := out.Boxes[0]
		var nodes, edges []string
		for _, n := range b.Nodes {
			nodes = append(nodes, n.ID)
		}
		for _, e := range b.Edges {
			edges = append(edges, fmt.Sprintf("%s>%s", b.Nodes[e.From].ID, b.Nodes[e.To].ID))
		}
		if got := strings.Join(nodes, " ") + "; " + strings.Join(edges, " "); got != tc.want {
			t.Errorf("%+v: %s, want %s", tc.options, got, tc.want)
		}
	}
}

func TestRowsOfNames(t *testing.T) {
	names := []string{"app-a", "app-b", "app-c", "app-d", "app-e"}
	for _, tc := range []struct {
		names       []string
		rows, limit int
		want        string
	}{
		{nil, 4, 20, ""},
		{names[:2], 4, 20, "app-a, app-b"},
		{names, 4, 12, "app-a, app-b,|app-c, app-d,|app-e"},
		{names, 2, 12, "app-a, app-b,|app-c +2"},
		{names, 1, 16, "app-a, app-b +3"},
		{[]string{strings.Repeat("x", 20)}, 4, 8, "xxxxxxx…"},
	} {
		if got := strings.Join(look.Rows(tc.names, tc.rows, tc.limit), "|"); got != tc.want {
			t.Errorf("%d rows of %d: %s, want %s", tc.rows, tc.limit, got, tc.want)
		}
	}
}
