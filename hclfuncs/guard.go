package hclfuncs

import (
	"errors"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// A refinement is what a function promises of its result even while an argument
// is unknown.
type refinement = func(*cty.RefinementBuilder) *cty.RefinementBuilder

func notNull(b *cty.RefinementBuilder) *cty.RefinementBuilder { return b.NotNull() }

// guard wraps a function whose implementation panics on some arguments. cty turns
// such a panic into an error, but one whose text is a stack trace; guard
// puts the given explanation in its place and leaves everything else alone.
// cty does not tell the refinement of the wrapped function, so it is given too.
func guard(f function.Function, promise refinement, explanation string) function.Function {
	return function.New(&function.Spec{
		Params:   f.Params(),
		VarParam: f.VarParam(),
		Type: func(args []cty.Value) (cty.Type, error) {
			t, err := f.ReturnTypeForValues(args)
			return t, explain(err, explanation)
		},
		RefineResult: promise,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			v, err := f.Call(args)
			return v, explain(err, explanation)
		},
	})
}

func explain(err error, explanation string) error {
	if _, panicked := errors.AsType[function.PanicError](err); panicked {
		return errors.New(explanation)
	}
	return err
}

// guardSets wraps a function on sets that panics if the type of an argument is
// not known yet. Such a call is no mistake: its result is not known yet either.
func guardSets(f function.Function) function.Function {
	return function.New(&function.Spec{
		Params:   f.Params(),
		VarParam: f.VarParam(),
		Type: func(args []cty.Value) (cty.Type, error) {
			for _, arg := range args {
				if arg.Type() == cty.DynamicPseudoType {
					return cty.DynamicPseudoType, nil
				}
			}
			return f.ReturnTypeForValues(args)
		},
		RefineResult: notNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return f.Call(args)
		},
	})
}
