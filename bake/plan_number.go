package bake

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"bake/compose"
)

// textAttributes are those whose values are texts, where a number is written
// for what it looks like.
var textAttributes = []int{
	attrArgs, attrLabels, attrTags, attrContext, attrContexts, attrDockerfile, attrTarget, attrAnnotations,
	attrCacheFrom, attrCacheTo, attrOutput,
}

// checkNumbers warns of numbers that are another text in t than is written, of
// each number once.
func (p *planner) checkNumbers(t *Target) {
	if p.changed == nil {
		p.changed, p.told = p.c.def.changedNumbers(), map[hcl.Range]bool{}
	}
	if len(p.changed.byText) == 0 {
		return
	}
	for _, i := range textAttributes {
		a := t.attrs.attrs[i]
		if a == nil {
			continue
		}
		for j := range a.cells {
			p.checkNumber(t, i, &a.cells[j])
		}
	}
}

// checkNumber looks for such numbers where a cell comes from, if it holds what
// may have become of one.
func (p *planner) checkNumber(t *Target, i int, c *cell) {
	held := map[string]bool{}
	for _, text := range c.texts() {
		for part := range numberParts(text) {
			if p.changed.byText[part] {
				held[part] = true
			}
		}
	}
	if len(held) == 0 {
		return
	}
	for _, rng := range p.sources(t, i, c) {
		for _, n := range p.changed.within(rng) {
			if held[n.Text] && !p.told[n.Range] {
				p.told[n.Range] = true
				p.report(changedNumber(t, &table[i], c, n))
			}
		}
	}
}

// texts are the texts of a cell: of an entry, those of its attributes.
func (c *cell) texts() []string {
	if c.entry == nil {
		return []string{c.text()}
	}
	return slices.Collect(maps.Values(c.entry.attrs))
}

// numberParts are the numbers in a text, each as a whole: 1.2.3 is none but
// itself. A point behind one is not part of it. The text is one, too: it may have
// an exponent.
func numberParts(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		if !yield(text) {
			return
		}
		isPart := func(r rune) bool { return '0' <= r && r <= '9' || r == '.' }
		for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return !isPart(r) }) {
			if part = strings.TrimSuffix(part, "."); part != text && !yield(part) {
				return
			}
		}
	}
}

// sources are the ranges of what the value of a cell comes from.
func (p *planner) sources(t *Target, i int, c *cell) []hcl.Range {
	b := originBuilder{config: p.c, target: t.Name, row: &table[i]}
	o := b.of(c.src, c)
	out := o.ranges(nil)
	if c.src.inst == nil || c.src.inst.block.matrix == nil || !o.readsMatrix() {
		return out
	}
	matrix := c.src.inst.block.matrix.Expr
	m := &Origin{Range: matrix.Range(), From: p.c.reads(matrix, &instance{block: c.src.inst.block, ctx: p.c.eval.ctx}, map[string]bool{})}
	return m.ranges(out)
}

func (o *Origin) readsMatrix() bool {
	for _, from := range o.From {
		if from.Kind == KindMatrix || from.readsMatrix() {
			return true
		}
	}
	return false
}

// ranges appends the range of o and of all that it comes from.
func (o *Origin) ranges(out []hcl.Range) []hcl.Range {
	out = append(out, o.Range)
	for _, from := range o.From {
		out = from.ranges(out)
	}
	return out
}

func changedNumber(t *Target, row *attribute, c *cell, n compose.Number) *hcl.Diagnostic {
	where := row.name
	if c.key != "" {
		where += "." + c.key
	}
	return warningAt("number-text", n.Range, "Number changes as text",
		"The number %s is %s as text, in %s of target %q. If it is a version or another text, put it into quotes: \"%s\".", n.Written, n.Text, where, t.Name, n.Written)
}
