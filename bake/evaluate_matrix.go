package bake

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// instance is a block with one combination of its matrix values, or the block
// itself when it has no matrix.
type instance struct {
	block  *block
	name   string
	ctx    *hcl.EvalContext // the global context, or a child with the matrix values
	attrs  []*attr
	states []state

	axes []axis // of the matrix, shared by its instances
	nth  int    // which combination of their values this is
}

func (e *evaluator) newInstance(b *block, ctx *hcl.EvalContext) *instance {
	return &instance{
		block:  b,
		name:   b.label,
		ctx:    ctx,
		attrs:  make([]*attr, len(b.attrs)),
		states: make([]state, len(b.attrs)),
	}
}

// makeInstances expands every matrix, names the instances, and registers them
// by name. Of several groups of one name the last stands alone.
func (e *evaluator) makeInstances() {
	for _, b := range e.def.targets {
		insts := e.expand(b)
		e.nameInstances(b, insts)
		for _, inst := range insts {
			if len(e.byName[inst.name]) == 0 {
				e.names = append(e.names, inst.name)
			}
			e.byName[inst.name] = append(e.byName[inst.name], inst)
		}
		e.instances = append(e.instances, insts...)
	}
	for _, b := range e.def.groups {
		inst := e.newInstance(b, e.ctx)
		if e.groups[b.label] == nil {
			e.groupList = append(e.groupList, b.label)
		}
		e.groups[b.label] = inst
		e.instances = append(e.instances, inst)
	}
}

// expand makes one instance for each combination of matrix values, the last
// key varying fastest, keys in the order they are written.
func (e *evaluator) expand(b *block) []*instance {
	if b.matrix == nil {
		return []*instance{e.newInstance(b, e.ctx)}
	}
	axes, ok := e.matrixAxes(b)
	if !ok {
		return nil
	}
	combos := []map[string]cty.Value{{}}
	for _, ax := range axes {
		next := make([]map[string]cty.Value, 0, len(combos)*len(ax.values))
		for _, c := range combos {
			for _, v := range ax.values {
				m := make(map[string]cty.Value, len(c)+1)
				for k, w := range c {
					m[k] = w
				}
				m[ax.key] = v
				next = append(next, m)
			}
		}
		combos = next
	}
	insts := make([]*instance, len(combos))
	for i, vars := range combos {
		ctx := e.ctx.NewChild()
		ctx.Variables = vars
		insts[i] = e.newInstance(b, ctx)
		insts[i].axes, insts[i].nth = axes, i
	}
	return insts
}

type axis struct {
	key    string
	values []cty.Value
}

// pick is which of the values of an axis an instance has, and of how many; -1
// when the matrix has no such axis.
func (inst *instance) pick(key string) (which, of int) {
	rest := inst.nth
	for i := len(inst.axes) - 1; i >= 0; i-- { // the last varies fastest
		n := len(inst.axes[i].values)
		if inst.axes[i].key == key {
			return rest % n, n
		}
		rest /= n
	}
	return -1, 0
}

func (e *evaluator) matrixAxes(b *block) ([]axis, bool) {
	val := e.value(b.matrix.Expr, e.ctx)
	if !val.IsKnown() {
		return nil, false
	}
	if val.IsNull() || (!val.Type().IsObjectType() && !val.Type().IsMapType()) {
		e.report(matrixNotMap(b, val))
		return nil, false
	}
	elems := val.AsValueMap()
	axes := make([]axis, 0, len(elems))
	for _, key := range matrixKeys(b.matrix.Expr, elems) {
		v := elems[key]
		if v.IsNull() || !v.IsKnown() || !v.CanIterateElements() {
			if v.IsKnown() {
				e.report(matrixValueNotList(b, key, v))
			}
			return nil, false
		}
		axes = append(axes, axis{key, v.AsValueSlice()})
	}
	return axes, true
}

// matrixKeys returns the keys in the order they are written where that can be
// told, else sorted.
func matrixKeys(expr hcl.Expression, elems map[string]cty.Value) []string {
	sorted := sortedKeys(elems)
	pairs, diags := hcl.ExprMap(expr)
	if diags.HasErrors() {
		return sorted
	}
	var keys []string
	for _, p := range pairs {
		k, diags := p.Key.Value(nil)
		if diags.HasErrors() || k.Type() != cty.String || !k.IsKnown() || k.IsNull() {
			return sorted
		}
		if _, ok := elems[k.AsString()]; ok && !slices.Contains(keys, k.AsString()) {
			keys = append(keys, k.AsString())
		}
	}
	if len(keys) != len(sorted) {
		return sorted
	}
	return keys
}

// nameInstances evaluates the name of each instance and refuses two of the
// same name.
func (e *evaluator) nameInstances(b *block, insts []*instance) {
	seen := make(map[string]bool, len(insts))
	for _, inst := range insts {
		if b.name != nil {
			inst.name = e.instanceName(b, inst)
		}
		if seen[inst.name] && inst.name != "" {
			e.report(duplicateInstance(b, inst.name, len(insts)))
			return
		}
		seen[inst.name] = true
	}
}

func (e *evaluator) instanceName(b *block, inst *instance) string {
	val := e.value(b.name.Expr, inst.ctx)
	if !val.IsKnown() {
		return ""
	}
	val, err := to(val, cty.String)
	if err != nil || val.IsNull() {
		e.report(nameNotString(b, err))
		return ""
	}
	name := val.AsString()
	if !namePattern.MatchString(name) {
		e.report(invalidName("target", name, b.name.Expr.Range()))
		return ""
	}
	return name
}

// attribute makes sure one attribute of an instance has its value.
func (e *evaluator) attribute(inst *instance, i int) *attr {
	a := inst.block.attrs[i]
	if a == nil || inst.states[i] >= stateDone {
		return inst.attrs[i]
	}
	if !e.push(address{inst.block.kind, inst.name, a.Name}, a.NameRange, inst.states[i]) {
		return nil
	}
	inst.states[i] = stateBusy
	val, ok := e.attributeValue(inst, i, a)
	inst.attrs[i], inst.states[i] = val, stateDone
	if !ok {
		inst.states[i] = stateFailed
	}
	e.pop()
	return inst.attrs[i]
}

// attributeValue evaluates and converts an attribute; ok is false when there
// was an error, which is then reported.
func (e *evaluator) attributeValue(inst *instance, i int, a *hcl.Attribute) (val *attr, ok bool) {
	v := e.value(a.Expr, inst.ctx)
	if !v.IsWhollyKnown() {
		return nil, false
	}
	src := &source{kind: KindAttribute, owner: inst.name, attr: a, inst: inst}
	if inst.block.compose {
		src.kind = KindCompose
	}
	row := rowFor(inst.block.kind, i)
	val, err := row.convert(v, src)
	if err != nil {
		e.report(wrongType("Attribute "+row.name, a.Expr, err))
		return nil, false
	}
	return val, true
}

// groupRows are the rows of a group's attributes.
var groupRows = []attribute{
	groupTargets:     {name: "targets", shape: shapeList},
	groupDescription: {name: "description", shape: shapeString, notNull: true},
}

func rowFor(kind string, i int) *attribute {
	if kind == "group" {
		return &groupRows[i]
	}
	return &table[i]
}
