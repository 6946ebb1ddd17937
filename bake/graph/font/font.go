// Package font is the typefaces of the pictures that are drawn: the Go fonts, whose
// licence lets them be embedded. It knows how wide a text is, so that what is drawn
// around it fits.
package font

import (
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Face is a typeface.
type Face int

// The typefaces: of names, of titles, and of instructions.
const (
	Regular Face = iota
	Bold
	Mono
)

// Faces are all typefaces.
var Faces = []Face{Regular, Bold, Mono}

// TTF is the file of a typeface.
func (f Face) TTF() []byte {
	switch f {
	case Bold:
		return gobold.TTF
	case Mono:
		return gomono.TTF
	}
	return goregular.TTF
}

// Family is the name of a typeface and of those that stand in for it where it is
// not installed, as CSS lists them.
func (f Face) Family() string {
	if f == Mono {
		return "'Go Mono',ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
	}
	return "Go,'Segoe UI','Helvetica Neue',Helvetica,Arial,'DejaVu Sans',sans-serif"
}

// Sized is a typeface that is drawn with, in pixels.
func (f Face) Sized(pixels float64) (font.Face, error) {
	return opentype.NewFace(f.table().font, &opentype.FaceOptions{Size: pixels, DPI: 72, Hinting: font.HintingNone})
}

// table is a parsed typeface, and how wide its characters are.
type table struct {
	font  *sfnt.Font
	mutex sync.Mutex
	buf   sfnt.Buffer
	wide  map[rune]float64 // in parts of the size
}

var tables [3]struct {
	once sync.Once
	table
}

func (f Face) table() *table {
	t := &tables[f]
	t.once.Do(func() {
		parsed, err := opentype.Parse(f.TTF())
		if err != nil {
			panic(err) // it is embedded
		}
		t.font, t.wide = parsed, map[rune]float64{}
	})
	return &t.table
}

// Width is that of a text of a size, in the unit of the size.
func (f Face) Width(text string, size float64) float64 {
	t := f.table()
	t.mutex.Lock()
	defer t.mutex.Unlock()
	sum := 0.0
	for _, r := range text {
		w, ok := t.wide[r]
		if !ok {
			w = t.advance(r)
			t.wide[r] = w
		}
		sum += w
	}
	return sum * size
}

// missing is about how wide other fonts draw a letter, an ideograph or an emoji
// that the Go fonts do not have.
const missing = 1.0

func (t *table) advance(r rune) float64 {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	index, err := t.font.GlyphIndex(&t.buf, r)
	if err != nil || index == 0 {
		return missing
	}
	const unit = 1000
	w, err := t.font.GlyphAdvance(&t.buf, index, fixed.I(unit), font.HintingNone)
	if err != nil {
		return missing
	}
	return float64(w) / 64 / unit
}

// Has reports whether a typeface has a glyph for a character.
func (f Face) Has(r rune) bool {
	t := f.table()
	t.mutex.Lock()
	defer t.mutex.Unlock()
	index, err := t.font.GlyphIndex(&t.buf, r)
	return err == nil && index != 0
}
