// Package pdf is the picture of a build as a PDF of one page, of the size of the
// picture. Its texts can be searched and copied: the parts of the fonts that are in
// use are embedded.
package pdf

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"bake/bake/graph"
	"bake/bake/graph/draw"
	"bake/bake/graph/font"
	"bake/bake/graph/look"
)

// maxSide is the longest side of a page that readers accept, in points. A larger
// picture is made smaller.
const maxSide = 14400

// Render is a graph as a document.
func Render(g *graph.Graph, o look.Options) ([]byte, error) {
	scene, err := draw.Draw(g, o)
	if err != nil {
		return nil, err
	}
	w := newWriter(scene, o.Theme)
	for _, group := range scene.Groups {
		for _, s := range group.Shapes {
			w.shape(s)
		}
		for _, t := range group.Texts {
			w.text(t)
		}
	}
	var out bytes.Buffer
	err = w.doc.Output(&out)
	return out.Bytes(), err
}

type writer struct {
	doc   *fpdf.Fpdf
	scale float64
	theme look.Theme
	faces map[font.Face]bool // that the document has
}

func newWriter(scene *draw.Scene, t look.Theme) *writer {
	scale := min(1, maxSide/max(scene.Size.W, scene.Size.H))
	size := fpdf.SizeType{Wd: scene.Size.W * scale, Ht: scene.Size.H * scale}
	doc := fpdf.NewCustom(&fpdf.InitType{OrientationStr: "P", UnitStr: "pt", Size: size})
	doc.SetCatalogSort(true)
	then := time.Unix(0, 0).UTC() // the same bytes each time
	doc.SetCreationDate(then)
	doc.SetModificationDate(then)
	doc.SetMargins(0, 0, 0)
	doc.SetAutoPageBreak(false, 0)
	if scene.Title != "" {
		doc.SetTitle(scene.Title, true)
	}
	doc.AddPageFormat("P", size)
	return &writer{doc: doc, scale: scale, theme: t, faces: map[font.Face]bool{}}
}

func (w *writer) color(r look.Role) (red, green, blue int) {
	n, err := strconv.ParseUint(strings.TrimPrefix(look.Color(r, w.theme), "#"), 16, 32)
	if err != nil {
		return 0, 0, 0
	}
	return int(n >> 16), int(n >> 8 & 255), int(n & 255)
}

func (w *writer) shape(s draw.Shape) {
	style := ""
	if s.Fill != look.None {
		w.doc.SetFillColor(w.color(s.Fill))
		style += "F"
	}
	if s.Line != look.None {
		w.doc.SetDrawColor(w.color(s.Line))
		w.doc.SetLineWidth(s.Width * w.scale)
		dash := make([]float64, len(s.Dash))
		for i, n := range s.Dash {
			dash[i] = n * w.scale
		}
		w.doc.SetDashPattern(dash, 0)
		style += "D"
	}
	k := w.scale
	for _, segment := range s.Path {
		p := segment.Points
		switch segment.Op {
		case draw.Move:
			w.doc.MoveTo(p[0].X*k, p[0].Y*k)
		case draw.To:
			w.doc.LineTo(p[0].X*k, p[0].Y*k)
		case draw.Curve:
			w.doc.CurveBezierCubicTo(p[0].X*k, p[0].Y*k, p[1].X*k, p[1].Y*k, p[2].X*k, p[2].Y*k)
		case draw.Close:
			w.doc.ClosePath()
		}
	}
	w.doc.DrawPath(style)
}

func (w *writer) text(t draw.Text) {
	text := strings.Map(func(r rune) rune {
		if t.Face.Has(r) && r <= math.MaxUint16 {
			return r
		}
		return '?' // the embedded fonts do not have it
	}, t.Text)
	if strings.TrimSpace(text) == "" {
		return
	}
	family := "go" + strconv.Itoa(int(t.Face))
	if !w.faces[t.Face] {
		w.doc.AddUTF8FontFromBytes(family, "", slices.Clone(t.Face.TTF())) // it writes to what it is given
		w.faces[t.Face] = true
	}
	w.doc.SetFont(family, "", t.Size*w.scale)
	w.doc.SetTextColor(w.color(t.Role))
	w.doc.Text(t.X*w.scale, t.Y*w.scale, text)
}
