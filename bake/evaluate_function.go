package bake

import (
	"fmt"
	"slices"

	"bake/hclfuncs"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// parameters returns the names of a function's parameters and, last and only
// if there is one, of its variadic parameter.
func (f *functionDef) parameters() (names []string, variadic bool, diags hcl.Diagnostics) {
	if f.params == nil {
		return nil, false, nil
	}
	exprs, diags := hcl.ExprList(f.params.Expr)
	if diags.HasErrors() {
		return nil, false, hcl.Diagnostics{paramsNotList(f)}
	}
	if f.variadic != nil {
		exprs = append(slices.Clip(exprs), f.variadic.Expr)
	}
	for _, expr := range exprs {
		name := hcl.ExprAsKeyword(expr)
		if name == "" {
			diags = append(diags, paramNotName(expr))
		}
		names = append(names, name)
	}
	return names, f.variadic != nil, diags
}

// userFunction makes a definition's function callable. Its result is
// evaluated once per call, what it refers to on demand.
func (e *evaluator) userFunction(f *functionDef) function.Function {
	names, variadic, _ := f.parameters()
	spec := &function.Spec{Type: function.StaticReturnType(cty.DynamicPseudoType)}
	fixed := len(names)
	if variadic {
		fixed--
		spec.VarParam = &function.Parameter{Name: names[fixed], Type: cty.DynamicPseudoType}
	}
	for _, name := range names[:fixed] {
		spec.Params = append(spec.Params, function.Parameter{Name: name, Type: cty.DynamicPseudoType})
	}
	busy := stateNew
	spec.Impl = func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if f.result == nil {
			return cty.DynamicVal, nil
		}
		if !e.push(address{kind: "function", name: f.name}, f.rng, busy) {
			return cty.DynamicVal, nil
		}
		busy = stateBusy
		defer func() { busy = stateNew; e.pop() }()
		vars := make(map[string]cty.Value, len(names))
		for i, name := range names[:fixed] {
			vars[name] = args[i]
		}
		if variadic {
			vars[names[fixed]] = cty.TupleVal(args[fixed:])
		}
		ctx := e.ctx.NewChild()
		ctx.Variables = vars
		val, diags := e.tryValue(f.result.Expr, ctx)
		if diags.HasErrors() {
			return cty.DynamicVal, diags
		}
		return val, nil
	}
	return function.New(spec)
}

// checkFunction reports what is wrong with a function whether or not it is
// called: bad parameters, unknown names, recursion.
func (e *evaluator) checkFunction(f *functionDef) {
	names, _, diags := f.parameters()
	e.report(diags...)
	if f.result == nil || diags.HasErrors() {
		return
	}
	for _, t := range f.result.Expr.Variables() {
		root := t.RootName()
		if slices.Contains(names, root) {
			continue
		}
		if root == "target" || root == "group" {
			e.report(functionSeesNoTargets(f, root, t.SourceRange()))
			continue
		}
		e.global(root)
		if e.globals[root] == nil {
			e.report(unknownInFunction(f, root, t.SourceRange(), append(names, e.globalNames()...)))
		}
	}
	e.checkCalls(f)
}

// checkCalls follows the calls of a function's result, each function once.
func (e *evaluator) checkCalls(f *functionDef) {
	switch e.callState[f.name] {
	case stateDone:
		return
	case stateBusy:
		for i := range e.callStack {
			if e.callStack[i].addr.name == f.name {
				e.report(functionCycle(e.callStack[i:]))
			}
		}
		return
	}
	e.callState[f.name] = stateBusy
	e.callStack = append(e.callStack, frame{address{kind: "function", name: f.name}, f.rng})
	for _, call := range calls(f.result.Expr) {
		next := e.def.functions[call.Name]
		switch {
		case isLibrary(call.Name):
		case next == nil:
			e.report(unknownFunction(call.Name, call.NameRange, sortedKeys(e.ctx.Functions)))
		case next.result != nil:
			e.checkCalls(next)
		}
	}
	e.callStack = e.callStack[:len(e.callStack)-1]
	e.callState[f.name] = stateDone
}

// calls returns the function calls in an expression, those within JSON
// strings included.
func calls(expr hcl.Expression) []*hclsyntax.FunctionCallExpr {
	node, ok := expr.(hclsyntax.Node)
	if ok {
		return nativeCalls(node)
	}
	val, _ := expr.Value(nil) // JSON: without a context, strings are literal
	var out []*hclsyntax.FunctionCallExpr
	_ = cty.Walk(val, func(_ cty.Path, v cty.Value) (bool, error) {
		if v.Type() == cty.String && v.IsKnown() && !v.IsNull() {
			tmpl, diags := hclsyntax.ParseTemplate([]byte(v.AsString()), expr.Range().Filename, expr.StartRange().Start)
			if !diags.HasErrors() {
				out = append(out, nativeCalls(tmpl)...)
			}
		}
		return true, nil
	})
	return out
}

func nativeCalls(node hclsyntax.Node) []*hclsyntax.FunctionCallExpr {
	var out []*hclsyntax.FunctionCallExpr
	_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
		if call, ok := n.(*hclsyntax.FunctionCallExpr); ok {
			out = append(out, call)
		}
		return nil
	})
	return out
}

func (e *evaluator) globalNames() []string {
	names := append(slices.Clone(e.def.varOrder), e.def.localOrd...)
	return append(names, sortedKeys(e.scope.Builtins)...)
}

func paramsNotList(f *functionDef) *hcl.Diagnostic {
	return errorAt("function-params", f.params.Expr.Range(), "Invalid parameters",
		"params must be a list of names, as in params = [a, b]; an empty list is allowed.")
}

func paramNotName(expr hcl.Expression) *hcl.Diagnostic {
	return errorAt("function-params", expr.Range(), "Invalid parameter",
		"Each parameter must be a bare name, as in params = [a, b]. In JSON, write the name as a string.")
}

func functionSeesNoTargets(f *functionDef, root string, rng hcl.Range) *hcl.Diagnostic {
	return errorAt("function-target", rng, "Targets are not visible in functions",
		"The result of function %q refers to %q, but a function sees only its parameters, variables and other functions. Pass the value as a parameter.", f.name, root)
}

func unknownInFunction(f *functionDef, name string, rng hcl.Range, known []string) *hcl.Diagnostic {
	return naming(errorAt("unknown-variable", rng, "Unknown variable",
		"The result of function %q refers to %q, which is neither a parameter nor a variable.%s", f.name, name, didYouMean(name, known)), name)
}

func unknownFunction(name string, rng hcl.Range, known []string) *hcl.Diagnostic {
	return naming(errorAt("unknown-function", rng, "Call to unknown function",
		"There is no function named %q.%s", name, didYouMean(name, known)), name)
}

func functionCycle(members []frame) *hcl.Diagnostic {
	return errorAt("function-cycle", members[0].rng, "Function calls itself",
		"%s. A function cannot call itself, directly or through others.", cycleText(members))
}

func valueCycle(members []frame) *hcl.Diagnostic {
	what := fmt.Sprintf("%s needs its own value", members[0].addr)
	if len(members) > 1 {
		what = "Each of these values needs the next"
	}
	return errorAt("value-cycle", members[0].rng, "Values depend on each other in a circle",
		"%s: %s. Break the circle by giving one of them a value of its own.", what, cycleText(members))
}

// isLibrary tells whether the function library has that name. The library
// wins over a definition's function of the same name.
func isLibrary(name string) bool {
	_, ok := hclfuncs.Lookup(name)
	return ok
}
