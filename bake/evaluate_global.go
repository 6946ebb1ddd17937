package bake

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
)

// global is a variable, a top-level attribute or a built-in variable.
type global struct {
	name     string
	kind     Kind
	state    state
	val      cty.Value
	decl     *variable      // nil for top-level attributes and built-ins
	attr     *hcl.Attribute // the default or the top-level attribute's value
	typ      cty.Type       // the declared type, or DynamicPseudoType
	typed    bool
	override *lookup // what replaced the default
	deflt    cty.Value
}

func (g *global) rng() hcl.Range {
	switch {
	case g.decl != nil:
		return g.decl.rng
	case g.attr != nil:
		return g.attr.NameRange
	}
	return hcl.Range{}
}

// global makes sure the variable or top-level attribute of that name is in
// the global context, if there is one.
func (e *evaluator) global(name string) {
	g := e.globals[name]
	if g == nil {
		g = e.declared(name)
		if g == nil {
			return
		}
		e.globals[name] = g
	}
	if g.state == stateDone {
		return
	}
	kind := "variable"
	if g.decl == nil {
		kind = "attribute"
	}
	if !e.push(address{kind: kind, name: name}, g.rng(), g.state) {
		e.ctx.Variables[name] = cty.DynamicVal
		return
	}
	g.state = stateBusy
	g.val = e.globalValue(g)
	g.state = stateDone
	e.pop()
	e.ctx.Variables[name] = g.val
}

// declared finds what a name stands for; a top-level attribute takes the
// place of a variable's default.
func (e *evaluator) declared(name string) *global {
	g := &global{name: name, kind: KindVariable, typ: cty.DynamicPseudoType, decl: e.def.variables[name]}
	if local, ok := e.def.locals[name]; ok {
		g.attr = local
		return g
	}
	if g.decl == nil {
		return nil
	}
	g.attr = g.decl.def
	return g
}

func (e *evaluator) globalValue(g *global) cty.Value {
	if g.decl != nil && g.decl.typ != nil && e.def.locals[g.name] == nil {
		typ, diags := typeexpr.TypeConstraint(g.decl.typ)
		if diags.HasErrors() {
			for _, d := range diags {
				e.report(badType(g.decl.typ, d))
			}
			return cty.DynamicVal
		}
		g.typ = typ
		g.typed = typ != cty.DynamicPseudoType || hcl.ExprAsKeyword(g.decl.typ) == "any"
	}
	val, ok := e.defaultValue(g)
	g.deflt = val
	if !ok || g.decl == nil {
		return val
	}
	if g.override = e.lookup(g); g.override == nil {
		return val
	}
	val, err := g.override.value(g, val)
	if err != nil {
		e.report(badOverride(g, err))
		return cty.DynamicVal
	}
	return val
}

// defaultValue is the value without any override; ok is false when it could
// not be had.
func (e *evaluator) defaultValue(g *global) (val cty.Value, ok bool) {
	if g.attr == nil {
		if g.typed {
			return cty.NullVal(g.typ), true
		}
		return cty.StringVal(""), true
	}
	val = e.value(g.attr.Expr, e.ctx)
	if !val.IsWhollyKnown() {
		return cty.DynamicVal, false
	}
	if !g.typed {
		return val, true
	}
	val, err := to(val, g.typ)
	if err != nil {
		e.report(wrongType("The default of variable "+g.name, g.attr.Expr, err))
		return cty.DynamicVal, false
	}
	return val, true
}

// validateVariables checks the validation blocks of all variables.
func (e *evaluator) validateVariables() {
	for _, name := range e.def.varOrder {
		for _, v := range e.def.variables[name].validations {
			e.validate(name, v)
		}
	}
}

func (e *evaluator) validate(name string, v validation) {
	val := e.value(v.condition, e.ctx)
	if !val.IsKnown() {
		return
	}
	if val.IsNull() {
		e.report(conditionNotBool(v, "null"))
		return
	}
	ok, err := to(val, cty.Bool)
	if err != nil {
		e.report(conditionNotBool(v, describe(val)))
		return
	}
	if ok.True() {
		return
	}
	message := "The condition of this validation is false."
	if v.message != nil {
		m := e.value(v.message, e.ctx)
		if !m.IsKnown() {
			return
		}
		if s, err := to(m, cty.String); err == nil && !s.IsNull() {
			message = s.AsString()
		} else {
			e.report(messageNotString(v, describe(m)))
		}
	}
	e.report(validationFailed(e, name, v, message))
}
