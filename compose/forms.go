package compose

import (
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
)

// The forms that attributes of a service are written in, each with a reader
// that reports anything else at its place.

// str reads a string; false when the attribute is absent, empty or no string.
func (l *loader) str(v *value, name string) (string, bool) {
	if v.isNull() {
		return "", false
	}
	s, ok := v.text()
	if !ok {
		hint := ""
		if v.kind == scalarKind {
			hint = " Put it into quotes."
		}
		l.errorAt("compose-type", v.rng(), "String expected", "%s is a string, but this is %s.%s", name, v.describe(), hint)
	}
	return s, ok && s != ""
}

// boolean reads true or false, also in the words of YAML 1.1 when a variable
// gave them.
func (l *loader) boolean(v *value, name string) bool {
	switch b := v.scalar.(type) {
	case bool:
		return b
	case string:
		switch strings.ToLower(b) {
		case "true", "y", "yes", "on":
			return true
		case "false", "n", "no", "off":
			return false
		}
	}
	l.errorAt("compose-type", v.rng(), "Boolean expected", "%s is true or false, but this is %s.", name, v.describe())
	return false
}

// stringList reads a list of strings, or where one may stand for many, a
// string.
func (l *loader) stringList(v *value, name string, single bool) []*value {
	if v.isNull() {
		return nil
	}
	if _, ok := v.text(); ok && single {
		return []*value{v}
	}
	if v.kind != listKind {
		l.errorAt("compose-type", v.rng(), "List expected", "%s is a list of strings, but this is %s.", name, v.describe())
		return nil
	}
	var out []*value
	for _, e := range v.list {
		if _, ok := e.text(); !ok {
			l.errorAt("compose-type", e.rng(), "String expected", "%s is a list of strings, but this element is %s. Put it into quotes.", name, e.describe())
			continue
		}
		out = append(out, e)
	}
	return out
}

// entry is an entry of a mapping from names to texts. A nil val is a name
// without a value.
type entry struct {
	key   string
	val   *string
	keyAt hcl.Range
	valAt hcl.Range

	number *value // what val is from: it may be a number that is written otherwise
}

// mapping reads a mapping from names to texts, or a list of NAME=VALUE and
// NAME. The last entry of a name stands.
func (l *loader) mapping(v *value, name string) []entry {
	if v.isNull() {
		return nil
	}
	var out []entry
	at := map[string]int{}
	add := func(e entry) {
		if i, ok := at[e.key]; ok {
			out[i] = e
			return
		}
		at[e.key] = len(out)
		out = append(out, e)
	}
	switch v.kind {
	case mapKind:
		for _, f := range v.fields {
			e := entry{key: f.key, keyAt: f.rng(), valAt: f.val.rng()}
			switch {
			case f.key == "":
				l.errorAt("compose-type", f.rng(), "Empty name", "This entry of %s has no name.", name)
				continue
			case f.val.kind != scalarKind || f.val.endless():
				l.errorAt("compose-type", f.val.rng(), "Text expected", "The values of %s are strings, numbers or booleans, but this is %s.", name, f.val.describe())
				continue
			case f.val.scalar == nil:
				e.valAt = e.keyAt
			default:
				text := f.val.render()
				e.val, e.number = &text, f.val
			}
			add(e)
		}
	case listKind:
		for _, x := range l.stringList(v, name, false) {
			key, val, ok := cut(x.scalar.(string))
			if key != "" && unicode.IsSpace(rune(key[len(key)-1])) {
				l.errorAt("compose-type", x.rng(), "Name with a trailing space", "The name %q ends in a space. Remove the space before the equals sign.", key)
				continue
			}
			e := entry{key: key, keyAt: x.rng(), valAt: x.rng()}
			if x.key != nil {
				e.keyAt = x.src.rangeOf(x.key)
			}
			if ok {
				e.val, e.number = &val, x
			}
			add(e)
		}
	default:
		l.errorAt("compose-type", v.rng(), "Mapping expected", "%s is a mapping, or a list of NAME=VALUE, but this is %s.", name, v.describe())
	}
	return out
}

func cut(s string) (key, val string, ok bool) { return strings.Cut(s, "=") }

// textPairs are the entries with a value as expressions.
func (l *loader) textPairs(entries []entry) []hcl.KeyValuePair {
	var pairs []hcl.KeyValuePair
	for _, e := range entries {
		if e.val != nil {
			l.asText(e.number, *e.val, e.valAt)
			pairs = append(pairs, hcl.KeyValuePair{Key: textExpr(e.key, e.keyAt), Value: textExpr(*e.val, e.valAt)})
		}
	}
	return pairs
}

// textItems are strings as expressions, without empty and repeated ones.
func (l *loader) textItems(vals []*value) []hcl.Expression {
	var items []hcl.Expression
	var seen []string
	for _, x := range l.entryItems(vals) {
		if s := x.(*literal).val.AsString(); !slices.Contains(seen, s) {
			seen = append(seen, s)
			items = append(items, x)
		}
	}
	return items
}

// entryItems are strings that each describe one thing, such as a cache, as
// expressions without empty ones. Whoever understands them finds repetitions,
// which need not be spelt alike, and what then becomes of the order.
func (l *loader) entryItems(vals []*value) []hcl.Expression {
	var items []hcl.Expression
	for _, v := range vals {
		if s := v.render(); s != "" {
			l.asText(v, s, v.rng())
			items = append(items, textExpr(s, v.rng()))
		}
	}
	return items
}

// asText tells of a number whose text is another than is written. The text is
// what becomes of it at the given place.
func (l *loader) asText(number *value, text string, at hcl.Range) {
	if l.opt.Number == nil || number == nil || number.node == nil {
		return
	}
	n := target(number.node)
	if (n.Tag == "!!int" || n.Tag == "!!float") && n.Value != text {
		l.opt.Number(Number{At: at, Range: number.src.rangeOf(number.node), Written: n.Value, Text: text})
	}
}
