package bake

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// literalValue is the value of an expression that refers to nothing and computes
// nothing, as most of a definition is. Its evaluation by hcl would first walk it
// for references and then build each text anew.
func literalValue(expr hcl.Expression) (cty.Value, bool) {
	switch expr := expr.(type) {
	case *hclsyntax.LiteralValueExpr:
		return expr.Val, true
	case *hclsyntax.TemplateExpr:
		if !expr.IsStringLiteral() {
			return cty.NilVal, false
		}
		val, ok := literalValue(expr.Parts[0])
		return val, ok && val.Type() == cty.String
	case *hclsyntax.TupleConsExpr:
		vals := make([]cty.Value, len(expr.Exprs))
		for i, e := range expr.Exprs {
			var ok bool
			if vals[i], ok = literalValue(e); !ok {
				return cty.NilVal, false
			}
		}
		return cty.TupleVal(vals), true
	case *hclsyntax.ObjectConsExpr:
		return literalObject(expr)
	}
	return cty.NilVal, false
}

func literalObject(expr *hclsyntax.ObjectConsExpr) (cty.Value, bool) {
	vals := make(map[string]cty.Value, len(expr.Items))
	for _, item := range expr.Items {
		name, ok := literalKey(item.KeyExpr)
		if !ok {
			return cty.NilVal, false
		}
		if vals[name], ok = literalValue(item.ValueExpr); !ok {
			return cty.NilVal, false
		}
	}
	return cty.ObjectVal(vals), true
}

// literalKey is the name of an object's member that is a word or a text.
func literalKey(expr hclsyntax.Expression) (string, bool) {
	key, ok := expr.(*hclsyntax.ObjectConsKeyExpr)
	if !ok || key.ForceNonLiteral {
		return "", false
	}
	if word := hcl.ExprAsKeyword(key.Wrapped); word != "" {
		return word, true
	}
	val, ok := literalValue(key.Wrapped)
	if !ok || val.Type() != cty.String || val.IsNull() {
		return "", false
	}
	return val.AsString(), true
}
