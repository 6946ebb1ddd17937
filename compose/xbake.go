package compose

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// extension adds what build.x-bake says, in bake's names, to what build says
// in Compose's.
func (b *build) extension(x field) {
	if x.val.isNull() {
		return
	}
	if x.val.kind != mapKind {
		b.errorAt("compose-type", x.val.rng(), "Mapping expected", "x-bake is a mapping of bake's attributes, but this is %s.", x.val.describe())
		return
	}
	for _, f := range x.val.fields {
		if f.val.isNull() {
			continue
		}
		if xbakeKeys[f.key] {
			b.reads(f.val)
		}
		switch f.key {
		case "tags", "platforms", "no-cache-filter", "cache-from", "cache-to", "output", "secret", "ssh":
			b.extend(f.key, f)
		case "pull", "no-cache":
			b.set(f.key, f, boolExpr(b.boolean(f.val, f.key), f.val.rng()))
		case "contexts":
			b.extendContexts(f)
		default:
			b.warnAt("compose-unknown-key", f.rng(), "Unknown key", "x-bake has no %q, so it has no effect.%s", f.key, didYouMean(f.key, sortedKeys(xbakeKeys)))
		}
	}
}

// extend appends to a list attribute.
func (b *build) extend(name string, f field) {
	var old []hcl.Expression
	if attr := b.attrs[name]; attr != nil {
		old = attr.Expr.(*literal).items
	}
	words := b.words(f.val, name)
	items := slices.Concat(old, b.entryItems(words))
	if name == "tags" || name == "platforms" || name == "no-cache-filter" {
		items = withNew(old, b.textItems(words))
	}
	if name == "ssh" || name == "secret" {
		items = byID(items)
	}
	if name == "ssh" {
		slices.SortStableFunc(items, func(x, y hcl.Expression) int { return strings.Compare(entryID(x), entryID(y)) })
	}
	b.setList(name, f, items)
}

// words reads a list of texts, or a string of texts divided by spaces.
func (b *build) words(v *value, name string) []*value {
	if s, ok := v.text(); ok {
		var out []*value
		for _, word := range strings.Fields(s) {
			out = append(out, v.with(word))
		}
		return out
	}
	entries := []*value{v}
	if v.kind == listKind {
		entries = v.list
	}
	var out []*value
	for _, e := range entries {
		if e.kind != scalarKind {
			b.errorAt("compose-type", e.rng(), "Text expected", "%s of x-bake is a list of strings, but this is %s.", name, e.describe())
			continue
		}
		if e.scalar != nil {
			out = append(out, e)
		}
	}
	return out
}

// byID keeps the last element of each id, in the place of the first.
func byID(items []hcl.Expression) []hcl.Expression {
	var out []hcl.Expression
	at := map[string]int{}
	for _, x := range items {
		id := entryID(x)
		if i, ok := at[id]; ok {
			out[i] = x
			continue
		}
		at[id] = len(out)
		out = append(out, x)
	}
	return out
}

// entryID is the id of a secret or ssh entry, which is an object or a text:
// comma-separated fields of which one is id=ID, or ID=PATH.
func entryID(x hcl.Expression) string {
	v := x.(*literal).val
	if v.Type().IsObjectType() {
		return v.GetAttr("id").AsString()
	}
	text := v.AsString()
	for f := range strings.SplitSeq(text, ",") {
		if id, ok := strings.CutPrefix(strings.Trim(f, `"`), "id="); ok {
			return id
		}
	}
	id, _, _ := strings.Cut(text, "=")
	return id
}

// extendContexts adds named contexts; those of additional_contexts win.
func (b *build) extendContexts(f field) {
	var pairs []hcl.KeyValuePair
	have := map[string]bool{}
	if old := b.attrs["contexts"]; old != nil {
		pairs = slices.Clone(old.Expr.(*literal).pairs)
		for _, p := range pairs {
			have[p.Key.(*literal).val.AsString()] = true
		}
	}
	entries := filled(b.mapping(f.val, "contexts"))
	for i, e := range entries {
		context := linked(*e.val)
		entries[i].val = &context
	}
	for _, p := range b.textPairs(entries) {
		if !have[p.Key.(*literal).val.AsString()] {
			pairs = append(pairs, p)
		}
	}
	b.setMap("contexts", f, pairs)
}
