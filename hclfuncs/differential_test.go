package hclfuncs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/docker/buildx/bake/hclparser"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
)

// The library of buildx is the oracle of everything in this file.

func TestSameNamesAndSignatures(t *testing.T) {
	theirs := hclparser.Stdlib()
	if got, want := slices.Sorted(maps.Keys(Map())), slices.Sorted(maps.Keys(theirs)); !slices.Equal(got, want) {
		t.Fatalf("names differ\n got %v\nwant %v", got, want)
	}
	for _, f := range All() {
		if got, want := shape(f.Func), shape(theirs[f.Name]); got != want {
			t.Errorf("%s:\n got %s\nwant %s", f.Name, got, want)
		}
	}
}

// shape writes down all that a function says about its parameters, except the
// descriptions.
func shape(f function.Function) string {
	params := f.Params()
	if p := f.VarParam(); p != nil {
		params = append(params, *p)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "variadic=%v", f.VarParam() != nil)
	for _, p := range params {
		fmt.Fprintf(&b, " %s:%#v null=%v unknown=%v dynamic=%v marked=%v", p.Name, p.Type, p.AllowNull, p.AllowUnknown, p.AllowDynamicType, p.AllowMarked)
	}
	return b.String()
}

// guarded are the functions that panic in buildx on some arguments, where the
// error is a stack trace, with the least number that they are called with here.
var guarded = map[string]float64{"cidrsubnet": 0, "indent": 0, "int": -1e6, "log": 2, "merge": 0, "pow": 1,
	"setintersection": 0, "setsubtract": 0, "setsymmetricdifference": 0, "setunion": 0, "zipmap": 0}

// tame is true of calls that are none of those that the guards are for, which are
// made on neither side: all arguments are known and not null, numbers of a usual size.
func tame(name string, args []cty.Value) bool {
	least, ok := guarded[name]
	if !ok {
		return true
	}
	for _, v := range args {
		v, _ = v.UnmarkDeep()
		if !v.IsWhollyKnown() || holdsNull(v) {
			return false
		}
		if n, err := convert.Convert(v, cty.Number); err == nil {
			v = n // as HCL does before the call
		}
		if v.Type() == cty.Number && (v.LessThan(cty.NumberFloatVal(least)).True() || v.GreaterThan(cty.NumberIntVal(1e6)).True()) {
			return false
		}
	}
	return true
}

func holdsNull(v cty.Value) bool {
	found := false
	_ = cty.Walk(v, func(_ cty.Path, v cty.Value) (bool, error) {
		found = found || v.IsNull()
		return true, nil
	})
	return found
}

func TestSameResults(t *testing.T) {
	defer log.SetOutput(log.Writer())
	log.SetOutput(io.Discard) // buildx logs bytes that base64decode refuses
	theirs := hclparser.Stdlib()
	random := rand.New(rand.NewPCG(1, 2))
	special := domain(t)
	var total, failed int
	for _, f := range All() {
		if f.Volatile || takesExpressions(f) {
			continue
		}
		c := comparison{t: t, f: f, theirs: theirs[f.Name]}
		for _, args := range append(generate(f, random), product(special[f.Name])...) {
			if tame(f.Name, args) {
				c.direct(args)
				c.inExpression(args)
			}
		}
		if c.succeeded == 0 || c.failed == 0 {
			t.Errorf("%s: of %d calls, %d succeeded and %d failed; the test says nothing", f.Name, c.calls, c.succeeded, c.failed)
		}
		total += c.calls
		failed += c.failed
	}
	t.Logf("%d calls, of which %d end in an error", total, failed)
}

// generate makes argument lists: every value in every position with values of
// the right type beside it, random mixtures, and wrong numbers of arguments.
func generate(f Function, random *rand.Rand) [][]cty.Value {
	values := pool()
	params := f.Func.Params()
	if p := f.Func.VarParam(); p != nil {
		params = append(params, *p, *p)
	}
	pick := func(t cty.Type) cty.Value {
		for range 50 {
			v := values[random.IntN(len(values))]
			if converted, err := convert.Convert(v, t); err == nil {
				return converted
			}
		}
		return cty.UnknownVal(t)
	}
	row := func() []cty.Value {
		args := make([]cty.Value, len(params))
		for i, p := range params {
			args[i] = pick(p.Type)
		}
		return args
	}
	calls := [][]cty.Value{{}, append(row(), cty.True), append(row(), row()...)}
	for i := range params {
		for _, v := range values {
			args := row()
			args[i] = v
			calls = append(calls, args)
			if f.Func.VarParam() != nil {
				calls = append(calls, args[:max(i+1, len(f.Func.Params()))])
			}
		}
	}
	for range 100 {
		calls = append(calls, row())
	}
	return calls
}

func product(choices [][]cty.Value) [][]cty.Value {
	if len(choices) == 0 {
		return nil
	}
	rows := [][]cty.Value{{}}
	for _, values := range choices {
		var longer [][]cty.Value
		for _, row := range rows {
			for _, v := range values {
				longer = append(longer, append(slices.Clone(row), v))
			}
		}
		rows = longer
	}
	return rows
}

// A comparison counts what happens to one function.
type comparison struct {
	t                        *testing.T
	f                        Function
	theirs                   function.Function
	calls, succeeded, failed int
	reported                 int
}

func (c *comparison) direct(args []cty.Value) {
	got, gotErr := call(c.f.Func, args)
	want, wantErr := call(c.theirs, args)
	if _, isPanic := errors.AsType[function.PanicError](wantErr); isPanic {
		c.differ(args, gotErr, "no call on which buildx panics")
		return
	}
	c.count(wantErr == nil)
	if wantErr != nil || gotErr != nil {
		if fmt.Sprintf("%T %v", gotErr, gotErr) != fmt.Sprintf("%T %v", wantErr, wantErr) || argIndex(gotErr) != argIndex(wantErr) {
			c.differ(args, gotErr, wantErr)
		}
		return
	}
	if !got.RawEquals(want) {
		c.differ(args, fmt.Sprintf("%#v", got), fmt.Sprintf("%#v", want))
	}
	gotType, gotErr := c.f.Func.ReturnTypeForValues(args)
	wantType, wantErr := c.theirs.ReturnTypeForValues(args)
	if gotErr != nil || wantErr != nil || !gotType.Equals(wantType) {
		c.differ(args, gotType, wantType)
	}
}

// inExpression calls the function as a definition does, where HCL converts the
// arguments and words the diagnostics.
func (c *comparison) inExpression(args []cty.Value) {
	variables := map[string]cty.Value{}
	names := make([]string, len(args))
	for i, v := range args {
		names[i] = fmt.Sprintf("a%d", i)
		variables[names[i]] = v
	}
	text := c.f.Name + "(" + strings.Join(names, ", ") + ")"
	got, gotDiags := evaluateWith(text, variables, map[string]function.Function{c.f.Name: c.f.Func})
	want, wantDiags := evaluateWith(text, variables, map[string]function.Function{c.f.Name: c.theirs})
	if isPanicText(wantDiags) {
		c.differ(args, gotDiags, "no call on which buildx panics")
		return
	}
	c.count(wantDiags == "")
	if gotDiags != wantDiags {
		c.differ(args, gotDiags, wantDiags)
	} else if !got.RawEquals(want) {
		c.differ(args, fmt.Sprintf("%#v", got), fmt.Sprintf("%#v", want))
	}
}

func (c *comparison) count(ok bool) {
	c.calls++
	if ok {
		c.succeeded++
	} else {
		c.failed++
	}
}

func (c *comparison) differ(args []cty.Value, got, want any) {
	c.t.Helper()
	if c.reported++; c.reported > 3 {
		return
	}
	c.t.Errorf("%s%#v\n got %v\nwant %v", c.f.Name, args, got, want)
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func isPanicText(s string) bool {
	return strings.Contains(s, "panic in function implementation") || strings.Contains(s, "goroutine ")
}

// call turns a panic that escapes from a function into an error.
func call(f function.Function, args []cty.Value) (v cty.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = function.PanicError{Value: r}
		}
	}()
	return f.Call(args)
}

func argIndex(err error) int {
	if arg, ok := errors.AsType[function.ArgError](err); ok {
		return arg.Index
	}
	return -1
}

func evaluateWith(text string, variables map[string]cty.Value, functions map[string]function.Function) (v cty.Value, diagnostics string) {
	defer func() {
		if r := recover(); r != nil {
			v, diagnostics = cty.NilVal, fmt.Sprint("panic in function implementation: ", r)
		}
	}()
	expr, diags := hclsyntax.ParseExpression([]byte(text), "test.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		return cty.NilVal, diags.Error()
	}
	v, diags = expr.Value(&hcl.EvalContext{Variables: variables, Functions: functions})
	var b bytes.Buffer
	for _, d := range diags {
		fmt.Fprintf(&b, "%s: %s; %s\n", d.Subject, d.Summary, d.Detail)
	}
	return v, b.String()
}
