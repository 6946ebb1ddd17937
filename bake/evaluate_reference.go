package bake

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// withReferences returns a child context in which the targets and groups that
// the traversals name can be read: their own values as written, before
// inheritance and overrides.
func (e *evaluator) withReferences(ctx *hcl.EvalContext, refs []hcl.Traversal) (*hcl.EvalContext, hcl.Diagnostics) {
	want := map[string]map[string]map[string]cty.Value{} // kind, name, attribute
	for _, t := range refs {
		kind := t.RootName()
		if want[kind] == nil {
			want[kind] = map[string]map[string]cty.Value{}
		}
		if diags := e.collect(t, kind, want[kind]); diags.HasErrors() {
			return nil, diags
		}
	}
	child := ctx.NewChild()
	child.Variables = make(map[string]cty.Value, len(want))
	for kind, blocks := range want {
		vals := make(map[string]cty.Value, len(blocks))
		for name, attrs := range blocks {
			vals[name] = cty.ObjectVal(attrs)
		}
		child.Variables[kind] = cty.ObjectVal(vals)
	}
	return child, nil
}

// collect evaluates what one traversal refers to: one attribute, or all of
// them when the whole block is meant. Names that do not exist are left to
// HCL, so that try() and can() work.
func (e *evaluator) collect(t hcl.Traversal, kind string, into map[string]map[string]cty.Value) hcl.Diagnostics {
	if len(t) < 2 {
		return hcl.Diagnostics{targetNotNamed(kind, t.SourceRange())}
	}
	step, ok := t[1].(hcl.TraverseAttr)
	if !ok {
		return hcl.Diagnostics{targetNotNamed(kind, t.SourceRange())}
	}
	if e.naming {
		return hcl.Diagnostics{referenceWhileNaming(kind, t.SourceRange())}
	}
	insts := e.instancesOf(kind, step.Name)
	if len(insts) == 0 {
		return nil
	}
	if into[step.Name] == nil {
		into[step.Name] = map[string]cty.Value{"name": cty.StringVal(step.Name)}
	}
	if len(t) > 2 {
		if a, ok := t[2].(hcl.TraverseAttr); ok {
			if i := rowIndex(kind, a.Name); i >= 0 {
				into[step.Name][a.Name] = e.reference(insts, i)
			}
			return nil
		}
	}
	for i := range insts[0].block.attrs {
		into[step.Name][rowFor(kind, i).name] = e.reference(insts, i)
	}
	return nil
}

func (e *evaluator) instancesOf(kind, name string) []*instance {
	if kind == "target" {
		return e.byName[name]
	}
	if g := e.groups[name]; g != nil {
		return []*instance{g}
	}
	return nil
}

func rowIndex(kind, name string) int {
	if kind == "target" {
		return rowOf(name)
	}
	for i := range groupRows {
		if groupRows[i].name == name {
			return i
		}
	}
	return -1
}

// reference is an attribute's value as an expression sees it, merged over all
// blocks of that name.
func (e *evaluator) reference(insts []*instance, i int) cty.Value {
	row := rowFor(insts[0].block.kind, i)
	var merged *attr
	for _, inst := range insts {
		a := e.attribute(inst, i)
		if inst.states[i] == stateBusy || inst.states[i] == stateFailed {
			return cty.DynamicVal
		}
		merged = row.combine(merged, a)
	}
	return row.refer(merged)
}

// refer turns cells back into a value for expressions.
func (row *attribute) refer(a *attr) cty.Value {
	switch row.shape {
	case shapeString:
		return referScalar(a, cty.String, row.merge == mergeNonEmpty)
	case shapeBool:
		return referScalar(a, cty.Bool, false)
	case shapeList:
		return referList(a)
	case shapeMap:
		return referCells(a)
	case shapeFields:
		return referFields(row.fields, a)
	}
	if a == nil || len(a.cells) == 0 {
		return cty.ListValEmpty(mapOfString)
	}
	vals := make([]cty.Value, len(a.cells))
	for i, c := range a.cells {
		vals[i] = row.entry.refer(c.entry)
	}
	return cty.ListVal(vals)
}

func referScalar(a *attr, ty cty.Type, emptyForUnset bool) cty.Value {
	if a == nil || len(a.cells) == 0 {
		if emptyForUnset {
			return cty.StringVal("")
		}
		return cty.NullVal(ty)
	}
	return a.cells[0].val
}

func referList(a *attr) cty.Value {
	if a == nil {
		return cty.NullVal(listOfString)
	}
	if len(a.cells) == 0 {
		return cty.ListValEmpty(cty.String)
	}
	vals := make([]cty.Value, len(a.cells))
	for i := range a.cells {
		vals[i] = a.cells[i].val
	}
	return cty.ListVal(vals)
}

func referCells(a *attr) cty.Value {
	if a == nil {
		return cty.NullVal(mapOfString)
	}
	if len(a.cells) == 0 {
		return cty.MapValEmpty(cty.String)
	}
	vals := make(map[string]cty.Value, len(a.cells))
	for i := range a.cells {
		vals[a.cells[i].key] = a.cells[i].val
	}
	return cty.MapVal(vals)
}

func referFields(fields []field, a *attr) cty.Value {
	types := make(map[string]cty.Type, len(fields))
	vals := make(map[string]cty.Value, len(fields))
	for _, f := range fields {
		types[f.name] = f.typ
		vals[f.name] = cty.NullVal(f.typ)
	}
	if a == nil {
		return cty.NullVal(cty.Object(types))
	}
	for i := range a.cells {
		vals[a.cells[i].key] = a.cells[i].val
	}
	return cty.ObjectVal(vals)
}

func referMap(e *entry) cty.Value {
	vals := make(map[string]cty.Value, len(e.attrs))
	for k, v := range e.attrs {
		vals[k] = cty.StringVal(v)
	}
	if len(vals) == 0 {
		return cty.MapValEmpty(cty.String)
	}
	return cty.MapVal(vals)
}

func referOutput(e *entry) cty.Value {
	if _, ok := e.attrs["dest"]; ok {
		return referMap(e)
	}
	return referMap(e.with("dest", ""))
}

func referSecret(e *entry) cty.Value {
	return cty.ObjectVal(map[string]cty.Value{
		"id":  cty.StringVal(e.attrs["id"]),
		"src": cty.StringVal(e.attrs["src"]),
		"env": cty.StringVal(e.attrs["env"]),
	})
}

func referSSH(e *entry) cty.Value {
	paths := cty.ListValEmpty(cty.String)
	if len(e.paths) > 0 {
		vals := make([]cty.Value, len(e.paths))
		for i, p := range e.paths {
			vals[i] = cty.StringVal(p)
		}
		paths = cty.ListVal(vals)
	}
	return cty.ObjectVal(map[string]cty.Value{"id": cty.StringVal(e.attrs["id"]), "paths": paths})
}
