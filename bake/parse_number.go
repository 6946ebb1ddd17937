package bake

import (
	"bytes"
	"cmp"
	"maps"
	"regexp"
	"slices"
	"sort"
	"sync"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"bake/compose"
)

// changedNumbers are the numbers of a definition that as text are not what is
// written: 3.10 is 3.1, which as the version of something is wrong.
type changedNumbers struct {
	byFile map[string][]compose.Number // sorted by where they have an effect
	byText map[string]bool             // what becomes of them
}

// changedNumbers finds those that stand where a target may take a text from.
func (d *Definition) changedNumbers() *changedNumbers {
	out := &changedNumbers{byFile: map[string][]compose.Number{}, byText: map[string]bool{}}
	for _, n := range d.numbers {
		out.add(n)
	}
	if s := d.suspects(); len(s.at) > 0 {
		for expr := range d.values() {
			if s.within(expr.Range()) {
				s.find(d, expr, out)
			}
		}
	}
	for _, numbers := range out.byFile {
		slices.SortFunc(numbers, func(x, y compose.Number) int { return cmp.Compare(x.At.Start.Byte, y.At.Start.Byte) })
	}
	return out
}

func (c *changedNumbers) add(n compose.Number) {
	c.byFile[n.At.Filename] = append(c.byFile[n.At.Filename], n)
	c.byText[n.Text] = true
}

// within are the numbers in a range.
func (c *changedNumbers) within(rng hcl.Range) []compose.Number {
	all := c.byFile[rng.Filename]
	i := sort.Search(len(all), func(i int) bool { return all[i].At.Start.Byte >= rng.Start.Byte })
	j := i
	for j < len(all) && all[j].At.End.Byte <= rng.End.Byte {
		j++
	}
	return all[i:j]
}

// values are the expressions that a text of a target may come from, but for
// those of Compose files, whose numbers are known.
func (d *Definition) values() func(yield func(hcl.Expression) bool) {
	return func(yield func(hcl.Expression) bool) {
		for _, a := range d.valued() {
			if a != nil && !yield(a.Expr) {
				return
			}
		}
	}
}

func (d *Definition) valued() []*hcl.Attribute {
	var out []*hcl.Attribute
	for _, b := range d.targets {
		if !b.compose {
			out = append(append(out, b.matrix), b.attrs...)
		}
	}
	for _, v := range d.variables {
		out = append(out, v.def)
	}
	return slices.AppendSeq(out, maps.Values(d.locals))
}

// suspects are the places in files where there may be such a number. Few files
// have any, and then only the expressions around them need a closer look.
type suspects struct {
	files map[string][]byte
	at    map[string][]int
}

func (d *Definition) suspects() *suspects {
	s := &suspects{files: map[string][]byte{}, at: map[string][]int{}}
	for _, f := range d.files {
		if old, twice := s.files[f.Name]; twice && !bytes.Equal(old, f.Data) {
			delete(s.at, f.Name) // which of the two an expression is from is not known
			continue
		}
		if at := unusualNumbers(f.Data); len(at) > 0 {
			s.at[f.Name] = at
		}
		s.files[f.Name] = f.Data
	}
	return s
}

func (s *suspects) within(rng hcl.Range) bool {
	at := s.at[rng.Filename]
	i := sort.SearchInts(at, rng.Start.Byte)
	return i < len(at) && at[i] < rng.End.Byte
}

// find adds the numbers of an expression whose text is another than is written.
func (s *suspects) find(d *Definition, expr hcl.Expression, out *changedNumbers) {
	native, exact := expr.(hclsyntax.Expression) // else places in it may have moved
	if !exact {
		native = d.nativeJSON(expr)
	}
	if native == nil {
		return
	}
	_ = hclsyntax.VisitAll(native, func(node hclsyntax.Node) hcl.Diagnostics {
		x, ok := node.(*hclsyntax.LiteralValueExpr)
		if !ok || x.Val.IsNull() || x.Val.Type() != cty.Number || exact && !s.within(x.SrcRange) {
			return nil
		}
		text := x.Val.AsBigFloat().Text('f', -1)
		if rng, written := s.written(x, expr.Range()); written != "" && written != text {
			out.add(compose.Number{At: rng, Range: rng, Written: written, Text: text})
		}
		return nil
	})
}

// written is a number as it stands in its file, and where. In a string of JSON,
// what is escaped moves it, so that it is looked for in the whole expression.
func (s *suspects) written(x *hclsyntax.LiteralValueExpr, whole hcl.Range) (hcl.Range, string) {
	data, rng := s.files[whole.Filename], x.SrcRange
	is := func(text string) bool {
		n, err := cty.ParseNumberVal(text)
		return err == nil && n.RawEquals(x.Val)
	}
	if rng.Start.Byte < rng.End.Byte && rng.End.Byte <= len(data) {
		if text := string(data[rng.Start.Byte:rng.End.Byte]); is(text) {
			return rng, text
		}
	}
	for _, at := range s.at[whole.Filename] {
		if at < whole.Start.Byte || at >= whole.End.Byte {
			continue
		}
		if text := number().Find(data[at:]); is(string(text)) {
			return hcl.Range{Filename: whole.Filename, Start: after(whole.Start, data[whole.Start.Byte:at]), End: after(whole.Start, data[whole.Start.Byte:at+len(text)])}, string(text)
		}
	}
	return rng, ""
}

var number = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\d+(\.\d+)?([eE][+-]?\d+)?`) })

// after is the position behind a text that begins at pos.
func after(pos hcl.Pos, text []byte) hcl.Pos {
	pos.Byte += len(text)
	if i := bytes.LastIndexByte(text, '\n'); i >= 0 {
		pos.Line += bytes.Count(text, []byte("\n"))
		pos.Column, text = 1, text[i+1:]
	}
	pos.Column += utf8.RuneCount(text)
	return pos
}

// unusualNumbers are the offsets in a text where what may be a number begins that
// has an exponent, a zero before its first digit, or one behind its last decimal.
func unusualNumbers(data []byte) []int {
	var out []int
	for i := 0; i < len(data); i++ {
		if data[i]-'0' > 9 {
			continue
		}
		start, last, point, exponent := i, byte(0), false, false
		for ; i < len(data) && (data[i]-'0' <= 9 || data[i] == '.' || data[i]|0x20 == 'e'); i++ {
			point = point || data[i] == '.'
			exponent = exponent || data[i]|0x20 == 'e'
			last = data[i]
		}
		leading := data[start] == '0' && i > start+1 && data[start+1]-'0' <= 9
		if exponent || leading || point && last == '0' {
			out = append(out, start)
		}
	}
	return out
}
