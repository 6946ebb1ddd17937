package bake

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"bake/hclfuncs"
)

// TestExplainReplays takes every explained value of every golden at its word:
// the expression at the origin's place, evaluated with what the origin says it
// read, must give the value; and what it read must replay the same way.
func TestExplainReplays(t *testing.T) {
	total := 0
	for _, path := range goldens(t) {
		g := readGolden(t, path)
		def, diags := Parse(g.files, g.env)
		cfg, more := def.Evaluate(Scope{Env: g.env, Vars: g.vars, Builtins: fuzzBuiltins})
		if append(diags, more...).HasErrors() {
			continue
		}
		plan, _ := cfg.Plan(Request{Targets: g.targets, Set: g.set, Env: g.env})
		if plan == nil {
			continue
		}
		r := replayer{t: t, files: map[string][]byte{}, golden: filepath.Base(path)}
		for _, f := range g.files {
			r.files[f.Name] = f.Data
		}
		for _, target := range plan.Targets {
			xs, diags := plan.Explain(target.Name)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			for _, x := range xs {
				if x.Value != x.Origin.Value && x.Origin.Kind != KindDefault {
					t.Errorf("%s: %s is %s, but its origin says %s", path, x.Path, x.Value, x.Origin.Value)
				}
				name, _, _ := strings.Cut(strings.SplitN(x.Path, ".", 3)[1], "[")
				if table[rowOf(name)].shape != shapeEntries { // their string forms are shown in full
					r.replay(x.Path, x.Origin)
				}
			}
		}
		total += r.replayed
	}
	if total < 20 {
		t.Errorf("only %d values were replayed", total)
	}
}

type replayer struct {
	t        *testing.T
	golden   string
	files    map[string][]byte
	replayed int
}

// replay evaluates one origin. What the definition's own functions compute
// cannot be replayed from the text alone.
func (r *replayer) replay(path string, o *Origin) {
	r.t.Helper()
	for _, from := range o.From {
		r.replay(path+" reads "+from.Name, from)
	}
	if o.Over != nil {
		r.replay(path+" over", o.Over)
	}
	data := r.files[o.Range.Filename]
	if data == nil || !strings.HasSuffix(o.Range.Filename, ".hcl") || o.Kind == KindVariable || o.Kind == KindFunction {
		return
	}
	expr, diags := hclsyntax.ParseExpression(data[o.Range.Start.Byte:o.Range.End.Byte], o.Range.Filename, o.Range.Start)
	want, wantDiags := hclsyntax.ParseExpression([]byte(o.Value), "value", hcl.InitialPos)
	if diags.HasErrors() || wantDiags.HasErrors() {
		r.t.Errorf("%s: %s: %s %s", r.golden, path, diags, wantDiags)
		return
	}
	ctx := &hcl.EvalContext{Variables: map[string]cty.Value{}, Functions: hclfuncs.Map()}
	for _, from := range o.From {
		if v, ok := literal(from.Value); ok && !strings.Contains(from.Name, ".") {
			ctx.Variables[from.Name] = v
		}
	}
	got, diags := expr.Value(ctx)
	expected, ok := literal(o.Value)
	if diags.HasErrors() || !ok {
		return
	}
	if o.Kind == KindMatrix && holds(got, expected) {
		r.replayed++ // the place is that of the whole list
		return
	}
	conv, err := to(got, expected.Type())
	if err != nil {
		r.t.Errorf("%s: %s: %s", r.golden, path, err)
		return
	}
	r.replayed++
	if !conv.RawEquals(expected) {
		r.t.Errorf("%s: %s: %s at %s gives %s, but the origin says %s", r.golden, path, want.Range(), at(o.Range), renderValue(conv), o.Value)
	}
}

// holds tells whether a value is a list that has an element.
func holds(list, elem cty.Value) bool {
	if ty := list.Type(); !ty.IsTupleType() && !ty.IsListType() {
		return false
	}
	for _, v := range list.AsValueSlice() {
		if v.RawEquals(elem) {
			return true
		}
	}
	return false
}

func literal(text string) (cty.Value, bool) {
	expr, diags := hclsyntax.ParseExpression([]byte(text), "value", hcl.InitialPos)
	if diags.HasErrors() {
		return cty.NilVal, false
	}
	v, diags := expr.Value(nil)
	return v, !diags.HasErrors()
}
