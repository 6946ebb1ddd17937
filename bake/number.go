package bake

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// lossyNumber is a number in a file whose text is another than is written: 3.10
// is 3.1, which as the version of something is wrong.
type lossyNumber struct {
	rng     hcl.Range
	written string
	short   string                // what becomes of it
	alone   func() *regexp.Regexp // finds that in a text, not as a part of another number
}

// becomes reports whether the number may be what a text holds.
func (n lossyNumber) becomes(text string) bool {
	return strings.Contains(text, n.short) && n.alone().MatchString(text)
}

var trailingZero = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\d+\.\d*0`) })

// lossyNumbers are those of all files, outside of quotes and comments.
func lossyNumbers(files []File) []lossyNumber {
	var out []lossyNumber
	for _, f := range files {
		line, counted := 1, 0
		for _, m := range trailingZero().FindAllIndex(f.Data, -1) {
			start := bytes.LastIndexByte(f.Data[:m[0]], '\n') + 1
			before := f.Data[start:m[0]]
			if !endsWord(before) || !beginsWord(f.Data[m[1]:]) || inText(before) {
				continue
			}
			written := string(f.Data[m[0]:m[1]])
			short := strings.TrimSuffix(strings.TrimRight(written, "0"), ".")
			line, counted = line+bytes.Count(f.Data[counted:start], []byte("\n")), start
			from := hcl.Pos{Line: line, Column: utf8.RuneCount(before) + 1, Byte: m[0]}
			to := hcl.Pos{Line: from.Line, Column: from.Column + len(written), Byte: m[1]}
			out = append(out, lossyNumber{
				rng: hcl.Range{Filename: f.Name, Start: from, End: to}, written: written, short: short,
				alone: sync.OnceValue(func() *regexp.Regexp {
					return regexp.MustCompile(`(?:^|[^\d.])` + regexp.QuoteMeta(short) + `(?:$|\.?[^\d.]|\.$)`)
				}),
			})
		}
	}
	return out
}

// endsWord and beginsWord tell a number from a part of a word or of a version.
func endsWord(text []byte) bool {
	return len(text) == 0 || bytes.IndexByte([]byte(" \t[({,:=-+*/<>?!&|"), text[len(text)-1]) >= 0
}

func beginsWord(text []byte) bool {
	return len(text) == 0 || bytes.IndexByte([]byte(" \t\r\n])},:+*/<>?!&|"), text[0]) >= 0
}

// inText reports whether what follows on a line is in quotes or in a comment.
func inText(before []byte) bool {
	return bytes.Count(before, []byte(`"`))%2 == 1 || bytes.Count(before, []byte(`'`))%2 == 1 ||
		bytes.HasPrefix(bytes.TrimSpace(before), []byte("#")) || bytes.Contains(before, []byte(" #")) || bytes.Contains(before, []byte("//"))
}

// textAttributes are those whose values are texts, where a number is written
// for what it looks like.
var textAttributes = []int{attrArgs, attrLabels, attrTags, attrContext, attrContexts, attrDockerfile, attrTarget, attrAnnotations}

// checkNumbers warns of numbers that lost a zero on their way to a text of t, of
// each number once.
func (p *planner) checkNumbers(t *Target) {
	for _, i := range textAttributes {
		a := t.attrs.attrs[i]
		if a == nil {
			continue
		}
		for j := range a.cells {
			c := &a.cells[j]
			for _, n := range p.numbers() {
				if !p.told[n.rng] && n.becomes(c.text()) && p.readsNumber(t, i, c, n) {
					p.told[n.rng] = true
					p.report(lostZero(t, &table[i], c, n))
				}
			}
		}
	}
}

func (p *planner) numbers() []lossyNumber {
	if !p.counted {
		p.lossy, p.counted, p.told = lossyNumbers(p.c.def.files), true, map[hcl.Range]bool{}
	}
	return p.lossy
}

// readsNumber reports whether the number is written where the value of a cell
// comes from.
func (p *planner) readsNumber(t *Target, i int, c *cell, n lossyNumber) bool {
	b := originBuilder{config: p.c, target: t.Name, row: &table[i]}
	o := b.of(c.src, c)
	if o.holds(n) {
		return true
	}
	if c.src.inst == nil || c.src.inst.block.matrix == nil {
		return false
	}
	matrix := c.src.inst.block.matrix.Expr
	m := &Origin{Range: matrix.Range(), From: p.c.reads(matrix, &instance{block: c.src.inst.block, ctx: p.c.eval.ctx}, map[string]bool{})}
	return o.readsMatrix() && m.holds(n)
}

func (o *Origin) readsMatrix() bool {
	for _, from := range o.From {
		if from.Kind == KindMatrix || from.readsMatrix() {
			return true
		}
	}
	return false
}

// holds reports whether the number is in an expression that o stands for.
func (o *Origin) holds(n lossyNumber) bool {
	if o.Range.Filename == n.rng.Filename && o.Range.Start.Byte <= n.rng.Start.Byte && n.rng.End.Byte <= o.Range.End.Byte {
		return true
	}
	for _, from := range o.From {
		if from.holds(n) {
			return true
		}
	}
	return false
}

func lostZero(t *Target, row *attribute, c *cell, n lossyNumber) *hcl.Diagnostic {
	where := row.name
	if c.key != "" {
		where += "." + c.key
	}
	return warningAt("lost-zero", n.rng, "Number loses a zero",
		"The number %s is %s as text, in %s of target %q. If it is a version, put it into quotes: \"%s\".", n.written, n.short, where, t.Name, n.written)
}
