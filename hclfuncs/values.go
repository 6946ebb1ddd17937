package hclfuncs

import (
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

func valueFunctions() []Function {
	return []Function{
		{
			Name: "byteslen", Category: Values, Func: stdlib.BytesLenFunc,
			Doc: "Counts the bytes of a buffer. No expression produces a buffer, and a string is not one, so a definition " +
				"cannot use this function; it exists because buildx lists it. For the length of a string use `strlen`.",
			Examples: []Example{{`can(byteslen("bake"))`, `false`}},
		},
		{
			Name: "bytesslice", Category: Values, Func: stdlib.BytesSliceFunc,
			Doc: "Cuts `length` bytes out of a buffer, from `offset` on. As with `byteslen`, no expression produces a buffer. " +
				"For a piece of a string use `substr`.",
			Examples: []Example{{`can(bytesslice("bake", 0, 2))`, `false`}},
		},
		{
			Name: "can", Category: Values, Func: tryfunc.CanFunc,
			Doc: "True if the expression can be evaluated without an error. Useful in the conditions of variable validation.",
			Examples: []Example{
				{`can(parseint("42", 10))`, `true`},
				{`can(regex("^v[0-9]+$", "latest"))`, `false`},
			},
		},
		{
			Name: "coalesce", Category: Values, Func: stdlib.CoalesceFunc,
			Doc: "The first argument that is not null, converted to the type that all arguments have in common. An empty string " +
				"is not null: to skip those too, use `compact` on a list.",
			Examples: []Example{
				{`coalesce(null, "a", "b")`, `"a"`},
				{`coalesce("", "b")`, `""`},
			},
		},
		{
			Name: "convert", Category: Values, Func: typeexpr.ConvertFunc,
			Doc: "Converts a value to a type written as in a variable block: `string`, `number`, `bool`, `any`, `list(...)`, " +
				"`set(...)`, `map(...)`, `tuple([...])`, `object({...})`.",
			Examples: []Example{
				{`convert("42", number)`, `42`},
				{`convert(["b", "a", "b"], set(string))`, `["a", "b"]`},
				{`convert({a = 1}, map(string))`, `{a = "1"}`},
			},
		},
		{
			Name: "try", Category: Values, Func: tryfunc.TryFunc,
			Doc: "The value of the first argument that can be evaluated without an error. If none can, the errors of all of them " +
				"are reported.",
			Examples: []Example{
				{`try({a = 1}.b, "fallback")`, `"fallback"`},
				{`try(parseint("z", 10), parseint("z", 36))`, `35`},
			},
		},
	}
}
