package hclfuncs

import (
	"encoding/base64"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// base64Decode stands in for the function of go-cty-funcs, which writes bytes
// that are not text, such as a binary key, to the standard logger.
func base64Decode() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "str", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			text := args[0].AsString()
			data, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return cty.NilVal, fmt.Errorf("failed to decode base64 data '%s'", text)
			}
			if !utf8.Valid(data) {
				// The doubled word is part of the text that buildx reports.
				return cty.NilVal, errors.New("the result of decoding the the provided string is not valid UTF-8")
			}
			return cty.StringVal(string(data)), nil
		},
	})
}
