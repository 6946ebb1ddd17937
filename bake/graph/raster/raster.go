// Package raster is the picture of a build as a PNG.
package raster

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"strconv"
	"strings"

	xfont "golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"

	"bake/bake/graph"
	scenery "bake/bake/graph/draw"
	"bake/bake/graph/font"
	"bake/bake/graph/look"
)

const (
	pointsPerInch = 72
	defaultDPI    = 96
	// maxPixels keeps a picture below 256 MB while it is drawn.
	maxPixels = 64 << 20
)

// Render is a graph as a PNG, at the resolution of the options. It fails for more
// pixels than can be drawn, and says which resolution fits.
func Render(g *graph.Graph, o look.Options) ([]byte, error) {
	scene, err := scenery.Draw(g, o)
	if err != nil {
		return nil, err
	}
	dpi := cmp.Or(o.DPI, defaultDPI)
	scale := dpi / pointsPerInch
	w, h := math.Ceil(scene.Size.W*scale), math.Ceil(scene.Size.H*scale)
	if !(dpi > 0) || !(w*h <= maxPixels) {
		fits := math.Floor(pointsPerInch * math.Sqrt(maxPixels/(scene.Size.W*scene.Size.H)) * 0.99)
		return nil, fmt.Errorf("at %g dpi the picture has %.0f million pixels, and a png may have %d million: take at most %g dpi, or an svg", dpi, w*h/1e6, maxPixels/1000000, fits)
	}
	c := &canvas{image: image.NewRGBA(image.Rect(0, 0, max(1, int(w)), max(1, int(h)))), scale: scale, theme: o.Theme, faces: map[faceKey]xfont.Face{}}
	draw.Draw(c.image, c.image.Bounds(), c.paint(look.Paper), image.Point{}, draw.Src) // to the last pixel
	for _, group := range scene.Groups {
		for _, s := range group.Shapes {
			c.shape(s)
		}
		for _, t := range group.Texts {
			if err := c.text(t); err != nil {
				return nil, err
			}
		}
	}
	var out bytes.Buffer
	err = png.Encode(&out, c.image)
	return out.Bytes(), err
}

// canvas paints scenes on an image.
type canvas struct {
	image  *image.RGBA
	scale  float64 // pixels per point
	theme  look.Theme
	raster vector.Rasterizer
	faces  map[faceKey]xfont.Face
}

type faceKey struct {
	face font.Face
	size float64
}

// paint is the colour of a role.
func (c *canvas) paint(r look.Role) *image.Uniform {
	n, err := strconv.ParseUint(strings.TrimPrefix(look.Color(r, c.theme), "#"), 16, 32)
	if err != nil {
		return image.NewUniform(color.Transparent)
	}
	return image.NewUniform(color.RGBA{R: uint8(n >> 16), G: uint8(n >> 8), B: uint8(n), A: 255})
}

func (c *canvas) shape(s scenery.Shape) {
	lines := flatten(s.Path, c.scale)
	if s.Fill != look.None {
		var outline [][]point
		for _, l := range lines {
			outline = append(outline, l.points)
		}
		c.fill(outline, s.Fill)
	}
	if s.Line == look.None {
		return
	}
	width := math.Max(s.Width*c.scale, 0.6)
	for _, l := range lines {
		pieces := l.pieces()
		if s.Dash != nil {
			pieces = l.dashes(s.Dash, c.scale)
		}
		for _, piece := range pieces {
			c.fill(piece.outline(width), s.Line)
		}
	}
}

// fill paints what contours enclose. Only the pixels that they can reach are
// looked at.
func (c *canvas) fill(contours [][]point, r look.Role) {
	box := image.Rectangle{}
	for _, contour := range contours {
		for _, p := range contour {
			x, y := int(math.Floor(p.x)), int(math.Floor(p.y))
			box = box.Union(image.Rect(x, y, x+2, y+2))
		}
	}
	box = box.Intersect(c.image.Bounds())
	if box.Empty() {
		return
	}
	c.raster.Reset(box.Dx(), box.Dy())
	c.raster.DrawOp = draw.Over
	for _, contour := range contours {
		for i, p := range contour {
			x, y := float32(p.x-float64(box.Min.X)), float32(p.y-float64(box.Min.Y))
			if i == 0 {
				c.raster.MoveTo(x, y)
			} else {
				c.raster.LineTo(x, y)
			}
		}
		c.raster.ClosePath()
	}
	c.raster.Draw(c.image, box, c.paint(r), image.Point{})
}

func (c *canvas) text(t scenery.Text) error {
	k := faceKey{t.Face, t.Size}
	face, ok := c.faces[k]
	if !ok {
		var err error
		if face, err = t.Face.Sized(t.Size * c.scale); err != nil {
			return err
		}
		c.faces[k] = face
	}
	d := xfont.Drawer{Dst: c.image, Src: c.paint(t.Role), Face: face, Dot: fixed.Point26_6{X: fix(t.X * c.scale), Y: fix(t.Y * c.scale)}}
	d.DrawString(t.Text)
	return nil
}

func fix(f float64) fixed.Int26_6 { return fixed.Int26_6(math.Round(f * 64)) }
