package hclfuncs

import (
	"fmt"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// maxJSONNesting bounds how deep a JSON document is nested, which is read by
// recursion.
const maxJSONNesting = 500

// CheckJSONNesting is an error if a JSON document is nested deeper than one of use
// is. It says nothing of other faults.
func CheckJSONNesting(text string) error {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{', c == '[':
			if depth++; depth > maxJSONNesting {
				return fmt.Errorf("a JSON document that is nested more than %d levels deep", maxJSONNesting)
			}
		case c == '}', c == ']':
			depth--
		}
	}
	return nil
}

// guardNesting wraps a function that reads a JSON document.
func guardNesting(f function.Function) function.Function {
	return function.New(&function.Spec{
		Params: f.Params(),
		Type: func(args []cty.Value) (cty.Type, error) {
			if args[0].IsKnown() {
				if err := CheckJSONNesting(args[0].AsString()); err != nil {
					return cty.NilType, function.NewArgError(0, err)
				}
			}
			return f.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return f.Call(args) },
	})
}
