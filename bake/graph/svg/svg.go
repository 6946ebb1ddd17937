// Package svg is the picture of a build as an SVG: real text, which can be searched
// and copied, in colours that follow the theme of the reader.
package svg

import (
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"

	"bake/bake/graph"
	"bake/bake/graph/draw"
	"bake/bake/graph/font"
	"bake/bake/graph/look"
)

// Render is a graph as a document. Its colours are attributes, for the theme that
// is asked for. Without one they are those of the light, and a style sheet changes
// them for a reader in the dark.
func Render(g *graph.Graph, o look.Options) ([]byte, error) {
	scene, err := draw.Draw(g, o)
	if err != nil {
		return nil, err
	}
	style := ""
	if o.Theme == look.Auto {
		style = "@media (prefers-color-scheme:dark){" + Rules("", look.Dark) + "}"
	}
	return append(Picture(scene, o.Theme, style), '\n'), nil
}

// Rules are those of a style sheet that give the parts of a picture the colours of
// a theme. Each begins with a selector.
func Rules(selector string, t look.Theme) string {
	var out strings.Builder
	for _, r := range look.Roles() {
		fmt.Fprintf(&out, "%s.f-%s{fill:%s}%s.s-%s{stroke:%s}", selector, r, look.Color(r, t), selector, r, look.Color(r, t))
	}
	return out.String()
}

// Picture is a scene as an svg element, with a style sheet in it.
func Picture(scene *draw.Scene, t look.Theme, style string) []byte {
	w := &writer{theme: t}
	w.text(`<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %s %s" role="img" font-family="%s">`,
		number(scene.Size.W), number(scene.Size.H), number(scene.Size.W), number(scene.Size.H), escape(font.Regular.Family()))
	w.text("\n<title>%s</title>\n", escape(or(scene.Title, "build graph")))
	if style != "" {
		w.text("<style>%s</style>\n", style)
	}
	for _, g := range scene.Groups {
		w.group(g)
	}
	w.text("</svg>")
	return []byte(w.out.String())
}

func or(a, b string) string {
	if strings.TrimSpace(a) == "" {
		return b
	}
	return a
}

type writer struct {
	out   strings.Builder
	theme look.Theme
}

func (w *writer) text(format string, args ...any) { fmt.Fprintf(&w.out, format, args...) }

func (w *writer) group(g draw.Group) {
	w.text(`<g class="%s"`, g.Class)
	if g.ID != "" {
		w.text(` id="%s"`, escape(g.ID))
	}
	w.text(">")
	if g.Tip != "" {
		w.text("<title>%s</title>", escape(g.Tip))
	}
	for _, s := range g.Shapes {
		w.shape(s)
	}
	for _, t := range g.Texts {
		w.label(t)
	}
	w.text("</g>\n")
}

func (w *writer) shape(s draw.Shape) {
	var classes []string
	attributes := ` fill="none"`
	if s.Fill != look.None {
		classes = append(classes, "f-"+string(s.Fill))
		attributes = fmt.Sprintf(` fill="%s"`, look.Color(s.Fill, w.theme))
	}
	if s.Line != look.None {
		classes = append(classes, "s-"+string(s.Line))
		attributes += fmt.Sprintf(` stroke="%s"`, look.Color(s.Line, w.theme))
		if s.Width != 1 {
			attributes += fmt.Sprintf(` stroke-width="%s"`, number(s.Width))
		}
	}
	if s.Dash != nil {
		var lengths []string
		for _, n := range s.Dash {
			lengths = append(lengths, number(n))
		}
		attributes += fmt.Sprintf(` stroke-dasharray="%s"`, strings.Join(lengths, " "))
	}
	w.text(`<path class="%s"%s d="%s"/>`, strings.Join(classes, " "), attributes, path(s.Path))
}

// path writes the segments of a path.
func path(p draw.Path) string {
	var out strings.Builder
	for _, s := range p {
		out.WriteByte(byte(s.Op))
		for i := range s.Op.N() {
			if i > 0 {
				out.WriteByte(' ')
			}
			out.WriteString(number(s.Points[i].X) + " " + number(s.Points[i].Y))
		}
	}
	return out.String()
}

// label writes a text that is as wide as it was measured, in whatever font a reader
// has.
func (w *writer) label(t draw.Text) {
	if strings.TrimSpace(t.Text) == "" {
		return
	}
	face := ""
	switch t.Face {
	case font.Bold:
		face = ` font-weight="bold"`
	case font.Mono:
		face = fmt.Sprintf(` font-family="%s"`, escape(t.Face.Family()))
	}
	x := t.X
	if t.Centred {
		x, face = t.X+t.W/2, face+` text-anchor="middle"`
	}
	w.text(`<text class="f-%s" fill="%s" x="%s" y="%s" font-size="%s"%s textLength="%s" lengthAdjust="spacingAndGlyphs" xml:space="preserve">%s</text>`,
		t.Role, look.Color(t.Role, w.theme), number(x), number(t.Y), number(t.Size), face, number(t.W), escape(t.Text))
}

// number writes a length to a hundredth of a point.
func number(f float64) string {
	return strconv.FormatFloat(math.Round(f*100)/100+0, 'f', -1, 64)
}

// escape is a text in an element or an attribute.
func escape(text string) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(text)) // a builder takes all
	return out.String()
}
