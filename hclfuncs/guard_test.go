package hclfuncs

import (
	"errors"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// The guards are tested on functions of their own: calls on which those of other
// libraries panic are kept nowhere.

// fragile panics on 1 when its type is asked for, on 2 when it is called, gives an
// error for 3 and any other number as it is.
func fragile() function.Function {
	param := function.Parameter{Name: "n", Type: cty.Number}
	is := func(v cty.Value, n int64) bool { return v.IsKnown() && v.RawEquals(cty.NumberIntVal(n)) }
	return function.New(&function.Spec{
		Params:   []function.Parameter{param},
		VarParam: &param,
		Type: func(args []cty.Value) (cty.Type, error) {
			if is(args[0], 1) {
				panic("of the type")
			}
			return cty.Number, nil
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if is(args[0], 2) {
				panic("of the call")
			}
			if is(args[0], 3) {
				return cty.NilVal, function.NewArgErrorf(0, "three")
			}
			return args[0], nil
		},
	})
}

// TestGuard puts a sentence in the place of a stack trace, and changes nothing
// else.
func TestGuard(t *testing.T) {
	f := guard(fragile(), notNull, "no such number")
	if got, want := shape(f), shape(fragile()); got != want {
		t.Errorf("signature: got %s, want %s", got, want)
	}
	for n, want := range map[int64]string{0: "", 1: "no such number", 2: "no such number", 3: "three"} {
		arg := cty.NumberIntVal(n)
		if _, err := fragile().Call([]cty.Value{arg}); (n == 1 || n == 2) != isPanicText(errorText(err)) {
			t.Fatalf("%d: without a guard: %v", n, err)
		}
		got, err := f.Call([]cty.Value{arg})
		if errorText(err) != want || want == "" && !got.RawEquals(arg) {
			t.Errorf("%d: got %#v, %v, want %s", n, got, err, want)
		}
		if n == 3 && argIndex(err) != 0 {
			t.Errorf("the argument is lost: %#v", err)
		}
	}
	if got, err := f.Call([]cty.Value{cty.UnknownVal(cty.Number)}); err != nil || !got.RawEquals(cty.UnknownVal(cty.Number).RefineNotNull()) {
		t.Errorf("of an unknown: got %#v, %v", got, err)
	}
}

// TestGuardSets: after an error elsewhere an argument is unknown; that must not
// add an error.
func TestGuardSets(t *testing.T) {
	param := function.Parameter{Name: "set", Type: cty.Set(cty.DynamicPseudoType), AllowDynamicType: true}
	called := false
	f := guardSets(function.New(&function.Spec{
		Params:   []function.Parameter{param},
		VarParam: &param,
		Type: func(args []cty.Value) (cty.Type, error) {
			called = true
			return args[0].Type(), nil
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return args[0], nil },
	}))
	a := cty.SetVal(texts("a"))
	for _, args := range [][]cty.Value{{cty.DynamicVal}, {cty.DynamicVal, a}, {a, cty.DynamicVal}, {a, a, cty.DynamicVal}} {
		called = false
		if got, err := f.Call(args); err != nil || got.IsKnown() || called {
			t.Errorf("%#v: got %#v, %v, called %v", args, got, err, called)
		}
	}
	if got, err := f.Call([]cty.Value{a, a}); err != nil || !got.RawEquals(a) {
		t.Errorf("got %#v, %v", got, err)
	}
}

// TestExplanations are sentences about what was given.
func TestExplanations(t *testing.T) {
	err := errors.New("other")
	if got := explain(err, "x"); got != err {
		t.Errorf("got %v", got)
	}
	if got := explain(function.PanicError{Value: "v"}, "x"); got.Error() != "x" || strings.Contains(got.Error(), "goroutine") {
		t.Errorf("got %v", got)
	}
}
