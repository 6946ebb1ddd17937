package bake

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// originBuilder expands the small records kept while evaluating into a tree.
type originBuilder struct {
	config *Config
	target string
	row    *attribute
}

func isString(v cty.Value) bool {
	return v != cty.NilVal && v.IsKnown() && !v.IsNull() && v.Type() == cty.String
}

// whole is the origin of all of an attribute.
func (b *originBuilder) whole(a *attr) *Origin {
	o := b.of(a.src, nil)
	o.Value = b.row.render(a)
	if a.over != nil {
		o.Over = b.whole(a.over)
	}
	return o
}

// element is the origin of one element of an attribute.
func (b *originBuilder) element(a *attr, key string) *Origin {
	if a == nil {
		return nil
	}
	for i := range a.cells {
		if c := &a.cells[i]; c.is(key) {
			return b.cell(c)
		}
	}
	return nil
}

// is tells whether a cell is what a key names: a map key or field, the id or
// type of an object, or the text of a list element.
func (c *cell) is(key string) bool {
	switch {
	case c.key != "":
		return c.key == key
	case c.entry != nil:
		return c.entry.attrs["id"] == key || c.entry.attrs["type"] == key
	}
	return c.text() == key
}

func (b *originBuilder) cell(c *cell) *Origin {
	o := b.of(c.src, c)
	o.Value = c.render()
	if c.over != nil {
		o.Over = b.cell(c.over)
	}
	return o
}

// of is one link of the chain: where a source set a value, and what its
// expression read.
func (b *originBuilder) of(s *source, c *cell) *Origin {
	o := &Origin{Kind: s.kind, Range: s.rng(c), Name: s.flag}
	if s.attr == nil {
		return o
	}
	if s.owner != b.target {
		o.Kind, o.Name = KindInherited, s.owner
	}
	expr := s.attr.Expr
	if c != nil && c.key != "" {
		if x := entryExpr(expr, c.key); x != nil {
			expr = x
		}
	}
	if s.inst != nil && b.config != nil {
		o.From = b.config.reads(expr, s.inst, map[string]bool{})
	}
	return o
}

// reads lists what an expression of an instance refers to, each with its own
// origin.
func (c *Config) reads(expr hcl.Expression, inst *instance, seen map[string]bool) []*Origin {
	var out []*Origin
	done := map[string]bool{}
	for _, t := range expr.Variables() {
		name := t.RootName()
		if name == "target" || name == "group" {
			out = append(out, c.readsTarget(t, seen)...)
			continue
		}
		if done[name] {
			continue
		}
		done[name] = true
		if v, ok := matrixValue(inst.ctx, c.eval.ctx, name); ok {
			o := &Origin{Kind: KindMatrix, Name: name, Value: renderValue(v)}
			c.placeInMatrix(o, inst, seen)
			out = append(out, o)
			continue
		}
		if g := c.globals[name]; g != nil && !seen["variable."+name] {
			out = append(out, c.globalOrigin(g, seen))
		}
	}
	return append(out, c.readsFunctions(expr, seen)...)
}

// readsFunctions lists the definition's own functions that an expression
// calls, each with what its result reads besides the parameters.
func (c *Config) readsFunctions(expr hcl.Expression, seen map[string]bool) []*Origin {
	if len(c.def.functions) == 0 {
		return nil
	}
	var out []*Origin
	done := map[string]bool{}
	for _, call := range calls(expr) {
		f := c.def.functions[call.Name]
		key := "function." + call.Name
		if f == nil || f.result == nil || done[call.Name] || seen[key] || isLibrary(call.Name) {
			continue
		}
		done[call.Name], seen[key] = true, true
		names, _, _ := f.parameters()
		ctx := c.eval.ctx.NewChild()
		ctx.Variables = make(map[string]cty.Value, len(names))
		for _, name := range names {
			ctx.Variables[name] = cty.NilVal
		}
		o := &Origin{Kind: KindFunction, Name: call.Name, Range: f.result.Expr.Range()}
		for _, from := range c.reads(f.result.Expr, &instance{ctx: ctx}, seen) {
			if from.Kind != KindMatrix { // a parameter
				o.From = append(o.From, from)
			}
		}
		delete(seen, key)
		out = append(out, o)
	}
	return out
}

// outside is the instance of what stands in no target.
func (c *Config) outside() *instance { return &instance{ctx: c.eval.ctx} }

// placeInMatrix tells where a value of a matrix is written: in the list of its
// key, or else where that list comes from.
func (c *Config) placeInMatrix(o *Origin, inst *instance, seen map[string]bool) {
	which, of := inst.pick(o.Name)
	if which < 0 {
		return // a parameter of a function
	}
	expr := inst.block.matrix.Expr
	if x := entryExpr(expr, o.Name); x != nil {
		expr = x
		if list, diags := hcl.ExprList(x); !diags.HasErrors() && len(list) == of {
			expr = list[which]
		}
	}
	o.Range = expr.Range()
	o.From = c.reads(expr, c.outside(), seen)
}

func matrixValue(ctx, global *hcl.EvalContext, name string) (cty.Value, bool) {
	for x := ctx; x != nil && x != global; x = x.Parent() {
		if v, ok := x.Variables[name]; ok {
			return v, true
		}
	}
	return cty.NilVal, false
}

// readsTarget is the origin of target.NAME.ATTRIBUTE.
func (c *Config) readsTarget(t hcl.Traversal, seen map[string]bool) []*Origin {
	if len(t) < 3 || t.RootName() != "target" {
		return nil
	}
	name, ok := t[1].(hcl.TraverseAttr)
	attrStep, ok2 := t[2].(hcl.TraverseAttr)
	if !ok || !ok2 || c.targets[name.Name] == nil {
		return nil
	}
	i := rowOf(attrStep.Name)
	key := "target." + name.Name + "." + attrStep.Name
	if i < 0 || seen[key] {
		return nil
	}
	a := c.targets[name.Name].attrs[i]
	o := &Origin{Kind: KindAttribute, Name: key, Value: table[i].render(a)}
	if a != nil && a.src.attr != nil {
		o.Range = a.src.attr.Expr.Range()
		seen[key] = true
		o.From = c.reads(a.src.attr.Expr, a.src.inst, seen)
		delete(seen, key)
	}
	return []*Origin{o}
}

// globalOrigin is the origin of a variable's value: its override, else its
// default, and what that read.
func (c *Config) globalOrigin(g *global, seen map[string]bool) *Origin {
	key := "variable." + g.name
	seen[key] = true
	defer delete(seen, key)
	o := &Origin{Kind: g.kind, Name: g.name, Range: g.rng(), Value: renderValue(g.val)}
	if g.kind == KindBuiltin {
		return o
	}
	deflt := &Origin{Kind: KindDefault, Name: g.name, Value: renderValue(g.deflt)}
	if g.attr != nil {
		deflt.Range = g.attr.Expr.Range()
		deflt.From = c.reads(g.attr.Expr, c.outside(), seen)
	}
	if g.override == nil {
		o.From = []*Origin{deflt}
		return o
	}
	name := "$" + g.override.name
	if g.override.kind == KindFlag {
		name = "--var " + g.override.name
	}
	o.From = []*Origin{{Kind: g.override.kind, Name: name, Value: renderValue(g.val), Over: deflt}}
	return o
}

// unknownText stands for a value that could not be had.
const unknownText = "(unknown)"

func renderValue(v cty.Value) string {
	if v == cty.NilVal || !v.IsWhollyKnown() {
		return unknownText
	}
	return string(hclwrite.TokensForValue(v).Bytes())
}

// render writes a cell's value as it would stand in a definition.
func (c *cell) render() string {
	if c.entry == nil {
		return renderValue(c.val)
	}
	return c.entry.render()
}

// render writes an entry in its string form, in quotes.
func (e *entry) render() string {
	var fields []string
	for _, k := range sortedKeys(e.attrs) {
		if k == "type" || k == "id" {
			fields = append([]string{k + "=" + e.attrs[k]}, fields...)
			continue
		}
		fields = append(fields, k+"="+e.attrs[k])
	}
	key := "path"
	if e.attrs["filename"] != "" {
		key = "filename" // of a policy
	}
	for _, p := range e.paths {
		fields = append(fields, key+"="+p)
	}
	return fmt.Sprintf("%q", strings.Join(fields, ","))
}

// render writes the whole attribute on one line.
func (row *attribute) render(a *attr) string {
	if a == nil {
		return "null"
	}
	parts := make([]string, len(a.cells))
	for i := range a.cells {
		parts[i] = a.cells[i].render()
		if a.cells[i].key != "" {
			parts[i] = a.cells[i].key + " = " + parts[i]
		}
	}
	switch row.shape {
	case shapeString, shapeBool:
		return strings.Join(parts, "")
	case shapeMap, shapeFields:
		return "{ " + strings.Join(parts, ", ") + " }"
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
