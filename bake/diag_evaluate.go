package bake

import (
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// wrongType reports a value that does not fit, at the element at fault where
// that can be told.
func wrongType(what string, expr hcl.Expression, err error) *hcl.Diagnostic {
	var elem *elementError
	if errors.As(err, &elem) {
		if x := elementExpr(expr, elem.key); x != nil {
			expr = x
		}
	}
	d := errorAt("wrong-type", expr.Range(), "Unsuitable value", "%s: %s.", what, err)
	d.Expression = expr
	return d
}

// elementExpr is the expression of one element of a literal list or object.
func elementExpr(expr hcl.Expression, key cty.Value) hcl.Expression {
	if isString(key) {
		return entryExpr(expr, key.AsString())
	}
	list, diags := hcl.ExprList(expr)
	if diags.HasErrors() || key.Type() != cty.Number {
		return nil
	}
	i, _ := key.AsBigFloat().Int64()
	if i < 0 || int(i) >= len(list) {
		return nil
	}
	return list[i]
}

func badOverride(g *global, err error) *hcl.Diagnostic {
	where := "the environment variable " + g.override.name
	if g.override.kind == KindFlag {
		where = "--var " + g.override.name
	}
	return errorAt("bad-override", g.rng(), "Unsuitable value for a variable",
		"The value of variable %q comes from %s, and %s.", g.name, where, err)
}

func conditionNotBool(v validation, got string) *hcl.Diagnostic {
	d := errorAt("validation-condition", v.condition.Range(), "Invalid condition",
		"The condition of a validation must be true or false, but this is %s.", got)
	d.Expression = v.condition
	return d
}

func messageNotString(v validation, got string) *hcl.Diagnostic {
	return errorAt("validation-message", v.message.Range(), "Invalid error message",
		"The error_message of a validation must be a string, but this is %s.", got)
}

func validationFailed(e *evaluator, name string, v validation, message string) *hcl.Diagnostic {
	d := errorAt("validation-failed", v.condition.Range(), "Validation failed", "%s", message)
	d.Expression = v.condition
	d.EvalContext = e.ctx
	if g := e.globals[name]; g != nil && g.override != nil {
		from := "the environment variable " + g.override.name
		if g.override.kind == KindFlag {
			from = "--var " + g.override.name
		}
		d.Detail += fmt.Sprintf("\n\nThe value of %q comes from %s.", name, from)
	}
	return d
}

func matrixNotMap(b *block, val cty.Value) *hcl.Diagnostic {
	return errorAt("matrix", b.matrix.Expr.Range(), "Invalid matrix",
		"A matrix must be an object of lists, as in matrix = { os = [\"linux\", \"darwin\"] }, but this is %s.", describe(val))
}

func matrixValueNotList(b *block, key string, val cty.Value) *hcl.Diagnostic {
	got := describe(val)
	if val.IsNull() {
		got = "null"
	}
	return errorAt("matrix", b.matrix.Expr.Range(), "Invalid matrix",
		"The value of %q in this matrix must be a list, but it is %s.", key, got)
}

func duplicateInstance(b *block, name string, n int) *hcl.Diagnostic {
	if b.name == nil {
		return errorAt("matrix-name", b.rng, "Matrix without names",
			"The matrix of target %q has %d combinations, which need names of their own. Add name = \"...\" with the matrix values in it.", b.label, n)
	}
	return errorAt("matrix-name", b.name.Expr.Range(), "Two instances of one name",
		"The matrix of target %q gives the name %q twice. Use every matrix value in the name.", b.label, name)
}

func nameNotString(b *block, err error) *hcl.Diagnostic {
	got := "null is not allowed"
	if err != nil {
		got = err.Error()
	}
	return errorAt("matrix-name", b.name.Expr.Range(), "Invalid name",
		"The name of an instance must be a string: %s.", got)
}

func targetNotNamed(kind string, rng hcl.Range) *hcl.Diagnostic {
	return errorAt("bare-reference", rng, "Incomplete reference",
		"%q cannot be used as a value. Name one of them and an attribute, as in %s.NAME.ATTRIBUTE.", kind, kind)
}

func referenceWhileNaming(kind string, rng hcl.Range) *hcl.Diagnostic {
	return errorAt("reference-in-matrix", rng, "Reference not possible here",
		"A matrix and a name decide which %ss there are, so they cannot refer to one.", kind)
}

func descriptionNotString(a *hcl.Attribute) *hcl.Diagnostic {
	return errorAt("wrong-type", a.Expr.Range(), "Unsuitable value", "A description must be a string.")
}

func badType(expr hcl.Expression, d *hcl.Diagnostic) *hcl.Diagnostic {
	d.Extra = diagID("variable-type")
	known := []string{"string", "number", "bool", "any", "list", "set", "map", "tuple", "object"}
	if word := hcl.ExprAsKeyword(expr); word != "" {
		d.Detail += didYouMean(word, known)
		return d
	}
	if v, diags := expr.Value(nil); !diags.HasErrors() && isString(v) {
		d.Detail += fmt.Sprintf(" Write it without quotes: type = %s.", v.AsString())
	}
	return d
}
