package hclfuncs

import (
	"errors"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// guard wraps a function whose implementation panics on some arguments. cty turns
// such a panic into an error, but one whose text is a stack trace; guard
// puts the given explanation in its place and leaves everything else alone.
// The wrapped function must never return null, which the result says even of
// unknown arguments.
func guard(f function.Function, explanation string) function.Function {
	return function.New(&function.Spec{
		Params:   f.Params(),
		VarParam: f.VarParam(),
		Type: func(args []cty.Value) (cty.Type, error) {
			t, err := f.ReturnTypeForValues(args)
			return t, explain(err, explanation)
		},
		RefineResult: func(b *cty.RefinementBuilder) *cty.RefinementBuilder { return b.NotNull() },
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
