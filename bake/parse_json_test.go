package bake

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	hcljson "github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"
)

// TestUnwrapJSON evaluates values of JSON with and without the shortcut: values,
// variables and diagnostics must be the same.
func TestUnwrapJSON(t *testing.T) {
	ctx := &hcl.EvalContext{Variables: map[string]cty.Value{"A": cty.StringVal("a"), "N": cty.NumberIntVal(3)}}
	for _, c := range []struct {
		text    string
		literal bool
	}{
		{`"plain"`, true}, {`""`, true}, {`12`, true}, {`null`, true}, {`true`, true},
		{`["x", {"k": "v"}]`, true}, {`{"a": 1, "b": {}}`, true}, {`"$A % {"`, true},
		{`"${A}"`, false}, {`"x-${A}-${N}"`, false}, {`"$${A}"`, false}, {`"%{ if N > 2 }y%{ endif }"`, false},
		{`"\u0024{A}"`, false}, {`"line\nbreak ${A}"`, false}, {`"größe ${A}"`, false}, {`"e\u0301"`, false},
		{`["${A}", "b", 1, null, ["${N}"]]`, false}, {`{"${A}": "b"}`, false}, {`{"k": "${A}", "l": {"m": ["$${"]}}`, false},
		{`{"k": "${A}", "k": 1}`, false}, {`["${A}", "${B}"]`, false}, {`{"k": "${A.x}", "l": "${A"}`, false}, {`{"\u006b": "${A}", "k": ""}`, false},
		{`"${B}"`, false}, {`"${A"`, false}, {`"${N + A}"`, false}, {`"x ${ A.b }"`, false},
	} {
		t.Run(c.text, func(t *testing.T) {
			f := File{Name: "x.json", Data: []byte(`{"v": ` + c.text + "}")}
			file, diags := hcljson.Parse(f.Data, f.Name)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			attrs, _ := file.Body.JustAttributes()
			expr := attrs["v"].Expr
			d := &Definition{}
			d.keepJSON(f)
			got, literal := d.unwrapJSON(expr)
			if literal != c.literal {
				t.Errorf("literal: %t, want %t", literal, c.literal)
			}
			gotCtx := ctx
			if literal {
				gotCtx = nil
			}
			same := func(what string, got, want any) {
				t.Helper()
				if fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", want) {
					t.Errorf("%s: %#v, want %#v", what, got, want)
				}
			}
			gotVal, gotDiags := got.Value(gotCtx)
			wantVal, wantDiags := expr.Value(ctx)
			same("value", gotVal, wantVal)
			same("diagnostics", firstSentence(gotDiags), firstSentence(wantDiags))
			same("variables", got.Variables(), expr.Variables())
		})
	}
}

// firstSentence leaves out what HCL suggests, which depends on map order.
func firstSentence(diags hcl.Diagnostics) string {
	text, _, _ := strings.Cut(diags.Error(), " Did you mean")
	return text
}
