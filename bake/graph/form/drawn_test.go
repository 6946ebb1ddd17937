package form_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os/exec"
	"strings"
	"testing"

	"bake/bake/graph"
	"bake/bake/graph/draw"
	"bake/bake/graph/form"
	"bake/bake/graph/look"
	"bake/tests/fixture"
)

func decode(t *testing.T, out []byte) image.Image {
	t.Helper()
	picture, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

func TestPNGHasTheSizeOfItsResolution(t *testing.T) {
	scene, err := draw.Draw(small(), look.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, dpi := range []float64{0, 72, 144, 300} {
		want := scene.Size.W * max(dpi, 72) / 72
		if dpi == 0 {
			want = scene.Size.W * 96 / 72
		}
		got := decode(t, render(t, "png", small(), look.Options{DPI: dpi})).Bounds().Dx()
		if float64(got) < want || float64(got) > want+1 {
			t.Errorf("%g dpi: %d pixels wide, want %g", dpi, got, want)
		}
	}
}

// TestPNGPaintsTheScene looks at single pixels: of the paper, in the ground of a
// node, on its line, and at the dark ones of a text.
func TestPNGPaintsTheScene(t *testing.T) {
	for _, theme := range []look.Theme{look.Light, look.Dark} {
		o := look.Options{DPI: 144, Theme: theme}
		scene, err := draw.Draw(chain(1), o)
		if err != nil {
			t.Fatal(err)
		}
		picture := decode(t, render(t, "png", chain(1), o))
		is := func(what string, x, y float64, r look.Role) {
			t.Helper()
			red, green, blue, _ := picture.At(int(2*x), int(2*y)).RGBA()
			got := color.RGBA{uint8(red >> 8), uint8(green >> 8), uint8(blue >> 8), 255}
			want := look.Color(r, theme)
			if hex := strings.ToLower(want); hex != hexOf(got) {
				t.Errorf("%s, %s: %s, want %s", theme, what, hexOf(got), want)
			}
		}
		is("paper", 1, 1, look.Paper)
		for _, g := range scene.Groups {
			if g.Class != "node" {
				continue
			}
			r := cover(g.Shapes...)
			ground := g.Shapes[0].Fill
			is("ground of "+g.ID, r.left+5, (r.top+r.bottom)/2, ground)
			if g.Shapes[0].Dash == nil {
				is("line of "+g.ID, (r.left+r.right)/2, r.top, look.Line)
			}
			at := g.Texts[0]
			inked := 0
			for x := int(2 * at.X); x < int(2*(at.X+at.W)); x++ {
				for y := int(2 * (at.Y - at.Size)); y < int(2*at.Y); y++ {
					if red, _, _, _ := picture.At(x, y).RGBA(); theme == look.Light && red < 0x6000 || theme == look.Dark && red > 0xa000 {
						inked++
					}
				}
			}
			if inked < 50 {
				t.Errorf("%s, %s: only %d pixels of the text %q", theme, g.ID, inked, at.Text)
			}
		}
	}
}

func hexOf(c color.RGBA) string {
	const digits = "0123456789abcdef"
	out := []byte{'#'}
	for _, n := range []uint8{c.R, c.G, c.B} {
		out = append(out, digits[n>>4], digits[n&15])
	}
	return string(out)
}

func TestPNGRefusesTooManyPixels(t *testing.T) {
	_, err := form.Render("png", monorepo(60), look.Options{DPI: 10000})
	if err == nil || !strings.Contains(err.Error(), "take at most") {
		t.Errorf("%v", err)
	}
	for _, dpi := range []float64{-1, 1e300} {
		if _, err := form.Render("png", small(), look.Options{DPI: dpi}); err == nil {
			t.Errorf("%g dpi is drawn", dpi)
		}
	}
}

// TestPDFHasItsTexts reads the page again.
func TestPDFHasItsTexts(t *testing.T) {
	for of, g := range graphs() {
		out := render(t, "pdf", g, look.Options{Legend: true})
		if !bytes.HasPrefix(out, []byte("%PDF-1.")) || !bytes.Contains(out[len(out)-32:], []byte("%%EOF")) {
			t.Errorf("%s: no PDF", of)
		}
	}
	cmd := exec.Command(fixture.Program(t, "pdftotext", "poppler-utils"), "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(render(t, "pdf", small(), look.Options{Legend: true}))
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, want := range names(small()) {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q cannot be found in\n%s", want, text)
		}
	}
}

// names are those of all nodes and targets.
func names(g *graph.Graph) []string {
	var out []string
	for _, b := range g.Boxes {
		out = append(out, b.Targets...)
		for _, n := range b.Nodes {
			out = append(out, n.Name)
		}
	}
	return out
}
