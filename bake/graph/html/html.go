// Package html is the picture of a build as a page of its own: it needs no network
// and no server, and is panned, zoomed, searched and filtered in a browser.
package html

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the script and the style of the page
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"

	"bake/bake/graph"
	"bake/bake/graph/data"
	"bake/bake/graph/draw"
	"bake/bake/graph/look"
	"bake/bake/graph/svg"
)

//go:embed page.js
var script string

//go:embed page.css
var style string

//go:embed page.html
var source string

// Render is a graph as a page. What it shows besides the picture, such as the
// instructions of a stage, is in it as JSON. Its policy lets no other script run
// than its own, so that no name in a definition can become one.
func Render(g *graph.Graph, o look.Options) ([]byte, error) {
	g, err := look.Prepare(g, o)
	if err != nil {
		return nil, err
	}
	untitled := *g
	untitled.Title = "" // the page says it
	scene, err := draw.Draw(&untitled, o)
	if err != nil {
		return nil, err
	}
	number(g)
	told := o
	told.Layers = true
	document, err := json.Marshal(data.Of(g, told))
	if err != nil {
		return nil, err
	}
	css := style + themes()
	page, err := template.New("page").Parse(source)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = page.Execute(&out, map[string]any{
		"Title":   title(g),
		"Policy":  "default-src 'none'; script-src " + hash(script) + "; style-src " + hash(css),
		"Theme":   string(o.Theme),
		"Style":   template.CSS(css),
		"Picture": template.HTML(svg.Picture(scene, look.Light, "")), // escaped there
		"Data":    template.JS(document),                             // json escapes <, > and &
		"Script":  template.JS(script),
	})
	return out.Bytes(), err
}

// number gives the nodes of a prepared graph new ids, which hold no text of a file.
func number(g *graph.Graph) {
	for i, l := range g.Links {
		g.Links[i].Node = ""
		if _, to := look.Ends(g, l); to >= 0 {
			g.Links[i].Node = id(to)
		}
	}
	for _, b := range g.Boxes {
		for i := range b.Nodes {
			b.Nodes[i].ID = id(i)
		}
	}
}

func id(node int) string { return fmt.Sprintf("n%d", node) }

func title(g *graph.Graph) string {
	if strings.TrimSpace(g.Title) != "" {
		return g.Title
	}
	if len(g.Boxes) == 1 && len(g.Boxes[0].Targets) > 0 {
		return strings.Join(g.Boxes[0].Targets, ", ")
	}
	return "Build graph"
}

// hash names a script or a style in the policy of a page.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// themes are the colours of the picture, in the light and in the dark: as the
// reader's system is, unless the page says otherwise.
func themes() string {
	var out strings.Builder
	out.WriteString("@media (prefers-color-scheme:dark){" + svg.Rules(":root:not([data-theme=light]) ", look.Dark) + "}")
	out.WriteString(svg.Rules(":root[data-theme=dark] ", look.Dark))
	return out.String()
}
