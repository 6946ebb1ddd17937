package hclfuncs

import (
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// What buildx answers to these is a stack trace.
func TestGuardedErrors(t *testing.T) {
	for text, want := range map[string]string{
		`cidrsubnet("10.0.0.0/8", -1, 128)`: `Call to function "cidrsubnet" failed: newbits is negative and leaves no room for this netnum.`,
		`indent(-1, "a")`:                   `Call to function "indent" failed: the number of spaces is negative or too large.`,
		`int(divide(1, 0))`:                 `Call to function "int" failed: infinity has no whole part.`,
		`log(-1, 10)`:                       `Call to function "log" failed: the logarithm of these numbers is not a number.`,
		`merge(null, "a")`:                  `Call to function "merge" failed: arguments must be maps or objects.`,
		`pow(-1, 0.5)`:                      `Call to function "pow" failed: this power is not a number.`,
		`zipmap(["a", null], convert(["b", "c"], list(string)))`: `Call to function "zipmap" failed: keys list has a null value.`,
	} {
		expr, diags := hclsyntax.ParseExpression([]byte(text), "test.hcl", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		_, diags = expr.Value(&hcl.EvalContext{Functions: Map()})
		if len(diags) != 1 || diags[0].Detail != want {
			t.Errorf("%s\n got %v\nwant %s", text, diags, want)
		}
	}
}

// After an error elsewhere a variable is unknown; that must not add an error.
func TestSetFunctionsOfUnknownAreUnknown(t *testing.T) {
	ctx := &hcl.EvalContext{Functions: Map(), Variables: map[string]cty.Value{"v": cty.DynamicVal}}
	for _, text := range []string{
		`setunion(v)`, `setunion(v, ["a"])`, `setunion(["a"], v)`, `setintersection(v, ["a"])`, `setsubtract(["a"], v)`,
		`setsymmetricdifference(v, v)`,
	} {
		if got := evaluate(t, ctx, text); got.IsKnown() {
			t.Errorf("%s = %#v", text, got)
		}
	}
}
