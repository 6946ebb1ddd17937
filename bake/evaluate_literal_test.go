package bake

import (
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

func TestLiteralIsTheValue(t *testing.T) {
	for text, want := range map[string]bool{
		`"a"`: true, `""`: true, `1.5`: true, `true`: true, `null`: true, `[]`: true, `["a", 1, null]`: true, `{}`: true,
		`{a = "b", "c" = [1], "d e": {f = true}}`: true, `{a = 1, a = 2}`: true, "<<E\nx\nE\n": true, `"e\u0301"`: true,
		`"$${x}"`: true, `{"${"x"}" = 1}`: false, `{(1) = 1}`: false, `{1 = 2}`: false, `"${1}"`: false, `"a${1}"`: false,
		`1 + 1`: false, `-1`: false, `[a]`: false, `a`: false, `{a = b}`: false, `[for x in []: x]`: false, `("a")`: false,
	} {
		expr, diags := hclsyntax.ParseExpression([]byte(text), "a.hcl", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatalf("%s: %v", text, diags)
		}
		got, ok := literalValue(expr)
		if ok != want {
			t.Errorf("%s: literal is %v, want %v", text, ok, want)
			continue
		}
		if !ok {
			continue
		}
		if val, diags := expr.Value(nil); diags.HasErrors() || !got.RawEquals(val) {
			t.Errorf("%s: %#v, want %#v", text, got, val)
		}
	}
}
