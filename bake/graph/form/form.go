// Package form is the list of the forms that a picture can have.
package form

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"bake/bake/graph"
	"bake/bake/graph/data"
	"bake/bake/graph/dot"
	"bake/bake/graph/html"
	"bake/bake/graph/look"
	"bake/bake/graph/mermaid"
	"bake/bake/graph/pdf"
	"bake/bake/graph/raster"
	"bake/bake/graph/svg"
	"bake/bake/graph/tree"
)

// forms are all of them, with the endings of their files.
var forms = []struct {
	name    string
	endings []string
	render  func(*graph.Graph, look.Options) ([]byte, error)
}{
	{"text", []string{".txt"}, tree.Render},
	{"svg", []string{".svg"}, svg.Render},
	{"png", []string{".png"}, raster.Render},
	{"pdf", []string{".pdf"}, pdf.Render},
	{"html", []string{".html", ".htm"}, html.Render},
	{"dot", []string{".dot", ".gv"}, dot.Render},
	{"mermaid", []string{".mmd", ".mermaid"}, mermaid.Render},
	{"json", []string{".json"}, data.Render},
}

// Names are the forms that Render knows.
func Names() []string {
	var out []string
	for _, f := range forms {
		out = append(out, f.name)
	}
	return out
}

// Of is the form that the ending of a file's name asks for, empty for none.
func Of(file string) string {
	ending := strings.ToLower(path.Ext(file))
	for _, f := range forms {
		if slices.Contains(f.endings, ending) {
			return f.name
		}
	}
	return ""
}

// Render is a graph in a form: the same bytes for the same graph and options. It
// fails for a form that it does not know, for a graph whose edges lead nowhere and
// for a png of more pixels than can be drawn.
func Render(name string, g *graph.Graph, o look.Options) ([]byte, error) {
	for _, f := range forms {
		if f.name == name {
			return f.render(g, o)
		}
	}
	return nil, fmt.Errorf("no form is called %q; there are %s", name, strings.Join(Names(), ", "))
}
