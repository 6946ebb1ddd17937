package bake

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"bake/hclfuncs"
)

// Scope is what a definition is evaluated in.
type Scope struct {
	Env      Env               // environment variables that override variables; nil for none
	Vars     map[string]string // --var, wins over Env
	Builtins map[string]string // BAKE_CMD_CONTEXT and the like; cannot be overridden
}

// Evaluate gives every variable, function, instance and attribute of the
// definition its value. Everything is evaluated, used or not, so that every
// error shows. The Config is valid, if incomplete, even when there are errors.
func (d *Definition) Evaluate(s Scope) (*Config, hcl.Diagnostics) {
	e := newEvaluator(d, s)
	for _, name := range d.varOrder {
		e.global(name)
	}
	e.validateVariables()
	for _, name := range d.funcOrder {
		e.checkFunction(d.functions[name])
	}
	e.makeInstances()
	e.naming = false
	for _, inst := range e.instances {
		for i := range inst.block.attrs {
			e.attribute(inst, i)
		}
	}
	for _, name := range d.localOrd {
		e.global(name)
	}
	c := e.config()
	return c, sortDiagnostics(e.diags)
}

// evaluator is a memo over addresses plus the stack of those being worked on.
// An address whose value could not be had is unknown, so that what depends on
// it adds no second error.
type evaluator struct {
	def       *Definition
	scope     Scope
	ctx       *hcl.EvalContext // globals and functions
	globals   map[string]*global
	stack     []frame
	diags     hcl.Diagnostics
	instances []*instance
	byName    map[string][]*instance // targets, in source order
	groups    map[string]*instance   // the last block of each name
	names     []string               // target names in order of first appearance
	groupList []string
	callState map[string]state // functions whose calls have been followed
	callStack []frame
	naming    bool // instances are being named: targets cannot be referenced yet
}

// address names one thing that has a value.
type address struct{ kind, name, attr string }

func (a address) String() string {
	s := a.kind + "." + a.name
	if a.attr != "" {
		s += "." + a.attr
	}
	return s
}

// frame is an address being evaluated and where it is defined.
type frame struct {
	addr address
	rng  hcl.Range
}

type state int8

const (
	stateNew state = iota
	stateBusy
	stateDone
	stateFailed // done, with an error that has been reported
)

func newEvaluator(d *Definition, s Scope) *evaluator {
	s.Env = s.Env.overriding()
	e := &evaluator{
		def:       d,
		scope:     s,
		globals:   make(map[string]*global, len(d.variables)+len(d.locals)+len(s.Builtins)),
		byName:    make(map[string][]*instance, len(d.targets)),
		groups:    make(map[string]*instance, len(d.groups)),
		callState: map[string]state{},
		naming:    true,
	}
	e.ctx = &hcl.EvalContext{Variables: map[string]cty.Value{}, Functions: e.functions()}
	for name, text := range s.Builtins {
		e.globals[name] = &global{name: name, kind: KindBuiltin, state: stateDone, val: cty.StringVal(text)}
		e.ctx.Variables[name] = cty.StringVal(text)
	}
	return e
}

// functions are the library and the definition's own; the library wins.
func (e *evaluator) functions() map[string]function.Function {
	all := hclfuncs.Map()
	for name, f := range e.def.functions {
		if _, taken := all[name]; !taken {
			all[name] = e.userFunction(f)
		}
	}
	return all
}

// push notes that an address is being evaluated. It reports a cycle, and
// returns false, when the address already is.
func (e *evaluator) push(addr address, rng hcl.Range, s state) bool {
	if s == stateBusy {
		e.cycle(addr, rng)
		return false
	}
	e.stack = append(e.stack, frame{addr, rng})
	return true
}

func (e *evaluator) pop() { e.stack = e.stack[:len(e.stack)-1] }

// cycle reports the addresses from the first occurrence of addr to the top of
// the stack.
func (e *evaluator) cycle(addr address, rng hcl.Range) {
	for i := range e.stack {
		if e.stack[i].addr == addr {
			e.report(valueCycle(e.stack[i:]))
			return
		}
	}
	e.report(valueCycle([]frame{{addr, rng}}))
}

func (e *evaluator) report(diags ...*hcl.Diagnostic) { e.diags = append(e.diags, diags...) }

// value evaluates an expression in a context, after all it refers to. The
// value is unknown when there was an error, which is then reported.
func (e *evaluator) value(expr hcl.Expression, ctx *hcl.EvalContext) cty.Value {
	val, diags := e.tryValue(expr, ctx)
	e.diags = append(e.diags, diags...)
	if diags.HasErrors() {
		return cty.DynamicVal
	}
	return val
}

func (e *evaluator) tryValue(expr hcl.Expression, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	expr, plain := e.def.unwrapJSON(expr)
	if plain {
		val, diags := expr.Value(nil)
		if diags.HasErrors() {
			e.explainErrors(diags, expr, nil)
		}
		return val, diags
	}
	if val, ok := literalValue(expr); ok {
		return val, nil
	}
	var refs []hcl.Traversal
	for _, t := range expr.Variables() {
		root := t.RootName()
		if ctx != e.ctx && inChild(ctx, e.ctx, root) {
			continue
		}
		if root == "target" || root == "group" {
			refs = append(refs, t)
			continue
		}
		e.global(root)
	}
	if len(refs) > 0 {
		child, diags := e.withReferences(ctx, refs)
		if diags.HasErrors() {
			return cty.DynamicVal, diags
		}
		ctx = child
	}
	val, diags := expr.Value(ctx)
	if diags.HasErrors() {
		e.explainErrors(diags, expr, ctx)
	}
	return val, diags
}

// inChild tells whether a name is bound between ctx and the global context:
// by a matrix or as a function's parameter.
func inChild(ctx, global *hcl.EvalContext, name string) bool {
	for c := ctx; c != nil && c != global; c = c.Parent() {
		if _, ok := c.Variables[name]; ok {
			return true
		}
	}
	return false
}

// constant is the value of an attribute that may not refer to anything: a
// variable's description. In JSON it is plain text, "${" included.
func (e *evaluator) constant(a *hcl.Attribute) string {
	if a == nil {
		return ""
	}
	val, diags := a.Expr.Value(nil)
	if diags.HasErrors() {
		e.explainErrors(diags, a.Expr, nil)
		e.report(diags...)
		return ""
	}
	val, err := to(val, cty.String)
	if err != nil || val.IsNull() {
		e.report(descriptionNotString(a))
		return ""
	}
	return val.AsString()
}
