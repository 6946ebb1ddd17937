package bake

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// The peer crashes on what is guarded against here, so no definition of that
// kind is kept: the guards get the values themselves.

// guardedEvaluator evaluates a definition without faults, up to the naming of
// its targets.
func guardedEvaluator(t *testing.T, name, text string) *evaluator {
	t.Helper()
	def, diags := Parse([]File{{Name: name, Data: []byte(text)}}, nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	e := newEvaluator(def, Scope{})
	e.makeInstances()
	e.naming = false
	if len(e.diags) > 0 {
		t.Fatal(e.diags)
	}
	return e
}

// told are the summaries and details of diagnostics, each of which has a place.
func told(t *testing.T, diags hcl.Diagnostics) []string {
	t.Helper()
	var out []string
	for _, d := range diags {
		if d.Subject == nil {
			t.Errorf("%s: has no place", d.Summary)
		}
		out = append(out, d.Summary+": "+d.Detail)
	}
	return out
}

func static(v cty.Value) hcl.Expression {
	return hcl.StaticExpr(v, hcl.Range{Filename: "a.hcl", Start: hcl.InitialPos, End: hcl.InitialPos})
}

// TestNullEntry refuses null where an entry is due, and names its place, in every
// attribute that holds entries.
func TestNullEntry(t *testing.T) {
	n := 0
	for i := range table {
		row := &table[i]
		if row.shape != shapeEntries {
			continue
		}
		n++
		for _, val := range []cty.Value{
			cty.TupleVal([]cty.Value{cty.StringVal(""), cty.NullVal(cty.DynamicPseudoType)}),
			cty.TupleVal([]cty.Value{cty.StringVal(""), cty.NullVal(mapOfString)}),
			cty.ListVal([]cty.Value{cty.StringVal(""), cty.NullVal(cty.String)}),
		} {
			_, err := row.convert(val, &source{})
			if err == nil || !strings.HasPrefix(err.Error(), "element [1]: null is not allowed") {
				t.Errorf("%s: %#v: got %v", row.name, val, err)
			}
		}
	}
	if n < 6 {
		t.Errorf("only %d attributes hold entries", n)
	}
}

// TestNullInEntry takes a null in an entry as not set.
func TestNullInEntry(t *testing.T) {
	val := cty.ObjectVal(map[string]cty.Value{"type": cty.StringVal("image"), "name": cty.NullVal(cty.String), "id": cty.StringVal("x"), "ref": cty.NullVal(cty.DynamicPseudoType)})
	for i := range table {
		row := &table[i]
		if row.shape != shapeEntries || row.entry.object == nil || row.name == "policy" {
			continue
		}
		got, err := row.entry.fromValue(val)
		if err != nil || len(got) != 1 {
			t.Errorf("%s: got %v, %v", row.name, got, err)
			continue
		}
		for _, key := range []string{"name", "ref"} {
			if v, ok := got[0].attrs[key]; ok {
				t.Errorf("%s: %s is set to %q", row.name, key, v)
			}
		}
	}
}

// TestNullName refuses null, and what is no text, as the name of an instance.
func TestNullName(t *testing.T) {
	e := guardedEvaluator(t, "a.hcl", "target \"app\" {\n  name   = \"app-${v}\"\n  matrix = { v = [1] }\n}\n")
	b := e.def.targets[0]
	for _, tt := range []struct {
		val  cty.Value
		want string
	}{
		{cty.NullVal(cty.String), "null is not allowed"},
		{cty.NullVal(cty.DynamicPseudoType), "null is not allowed"},
		{cty.ListValEmpty(cty.String), "a string is required"},
		{cty.DynamicVal, ""}, // an error that has been reported
		{cty.UnknownVal(cty.String), ""},
	} {
		e.diags, b.name.Expr = nil, static(tt.val)
		if name := e.instanceName(b, e.instances[0]); name != "" {
			t.Errorf("%#v: named %q", tt.val, name)
		}
		got := told(t, e.diags)
		if tt.want == "" && len(got) > 0 || tt.want != "" && (len(got) != 1 || !strings.Contains(got[0], tt.want)) {
			t.Errorf("%#v: got %q, want %q", tt.val, got, tt.want)
		}
	}
}

// TestMessageOfValidation tells of a failed validation also where its message
// cannot be told.
func TestMessageOfValidation(t *testing.T) {
	e := guardedEvaluator(t, "a.hcl", "variable \"TAG\" {\n  default = \"x\"\n}\n")
	noText := []string{"Invalid error message: The error_message of a validation must be a string", "Validation failed: The condition"}
	for _, tt := range []struct {
		val  cty.Value
		want []string
	}{
		{cty.StringVal("no good"), []string{"Validation failed: no good"}},
		{cty.NumberIntVal(5), []string{"Validation failed: 5"}},
		{cty.ListVal([]cty.Value{cty.StringVal("a")}), noText},
		{cty.NullVal(cty.DynamicPseudoType), noText},
		{cty.DynamicVal, nil}, // an error that has been reported
	} {
		e.diags = nil
		e.validate("TAG", validation{condition: static(cty.False), message: static(tt.val)})
		got := told(t, e.diags)
		if len(got) != len(tt.want) {
			t.Errorf("%#v: got %q, want %q", tt.val, got, tt.want)
			continue
		}
		for i, want := range tt.want {
			if !strings.HasPrefix(got[i], want) {
				t.Errorf("%#v: got %q, want %q", tt.val, got, tt.want)
			}
		}
	}
}

// TestWholeTargetInItsAttribute finds the circle when a target is asked for as a
// whole while one of its attributes is evaluated.
func TestWholeTargetInItsAttribute(t *testing.T) {
	for name, text := range map[string]string{
		"a.hcl":  `target "app" { args = { A = "x" } }`,
		"a.json": `{"target": {"app": {"args": {"A": "x"}}}}`,
	} {
		e := guardedEvaluator(t, name, text)
		app := e.byName["app"][0]
		i := rowOf("args")
		rng := app.block.attrs[i].NameRange
		e.push(address{"target", "app", "args"}, rng, stateNew)
		app.states[i] = stateBusy
		whole := hcl.Traversal{hcl.TraverseRoot{Name: "target", SrcRange: rng}, hcl.TraverseAttr{Name: "app", SrcRange: rng}}
		if _, diags := e.withReferences(e.ctx, []hcl.Traversal{whole}); diags.HasErrors() {
			t.Fatal(diags)
		}
		got := told(t, e.diags)
		if len(got) != 1 || !strings.HasPrefix(got[0], "Values depend on each other in a circle: target.app.args needs its own value") {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

// TestCallsInJSON finds circles of functions through the texts of JSON: one calls
// another while the calls of that one are followed.
func TestCallsInJSON(t *testing.T) {
	e := guardedEvaluator(t, "a.json", `{"function": {
  "f": {"params": ["x"], "result": "a ${g(x)} b"},
  "g": {"params": ["x"], "result": "${upper(x)}"}
}}`)
	f, g := e.def.functions["f"], e.def.functions["g"]
	if got := calls(f.result.Expr); len(got) != 1 || got[0].Name != "g" {
		t.Fatalf("calls of f: %v", got)
	}
	e.checkFunction(f)
	if len(e.diags) > 0 {
		t.Fatal(e.diags)
	}
	e.callState = map[string]state{"g": stateBusy}
	e.callStack = []frame{{address{kind: "function", name: "g"}, g.rng}}
	e.checkCalls(f)
	got := told(t, e.diags)
	if len(got) != 1 || !strings.HasPrefix(got[0], "Function calls itself: function.g (a.json:3,3) -> function.f") {
		t.Errorf("got %q", got)
	}
}
