package hclfuncs

import (
	"errors"
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

func collectionFunctions() []Function {
	return slices.Concat(listFunctions(), mapFunctions())
}

func listFunctions() []Function {
	return append(joiningFunctions(), pickingFunctions()...)
}

func joiningFunctions() []Function {
	return []Function{
		{
			Name: "chunklist", Category: Collections, Func: stdlib.ChunklistFunc,
			Doc: "Cuts a list into lists of `size` elements; the last one holds what remains. Size 0 keeps everything in one.",
			Examples: []Example{
				{`chunklist(["a", "b", "c"], 2)`, `[["a", "b"], ["c"]]`},
			},
		},
		{
			Name: "coalescelist", Category: Collections, Func: stdlib.CoalesceListFunc,
			Doc:      "The first argument that is a list or tuple with elements in it.",
			Examples: []Example{{`coalescelist([], ["a"], ["b"])`, `["a"]`}},
		},
		{
			Name: "compact", Category: Collections, Func: stdlib.CompactFunc,
			Doc: "Drops the empty strings and nulls from a list of strings. Handy for tags and platforms that exist only under a " +
				"condition.",
			Examples: []Example{
				{`compact(["app:1", "", null, "app:latest"])`, `["app:1", "app:latest"]`},
			},
		},
		{
			Name: "concat", Category: Collections, Func: stdlib.ConcatFunc,
			Doc:      "Puts lists and tuples one behind the other.",
			Examples: []Example{{`concat(["a"], ["b", "c"])`, `["a", "b", "c"]`}},
		},
		{
			Name: "distinct", Category: Collections, Func: stdlib.DistinctFunc,
			Doc:      "Drops every element that occurred before; the order stays.",
			Examples: []Example{{`distinct(["b", "a", "b"])`, `["b", "a"]`}},
		},
		{
			Name: "flatten", Category: Collections, Func: stdlib.FlattenFunc,
			Doc: "Replaces every list, set or tuple inside a list by its elements, at any depth.",
			Examples: []Example{
				{`flatten([["a"], [], ["b", ["c"]]])`, `["a", "b", "c"]`},
				{`flatten([for os in ["linux", "windows"] : [for arch in ["amd64", "arm64"] : "${os}/${arch}"]])`,
					`["linux/amd64", "linux/arm64", "windows/amd64", "windows/arm64"]`},
			},
		},
		{
			Name: "reverselist", Category: Collections, Func: stdlib.ReverseListFunc,
			Doc:      "Turns a list or tuple around. For strings use `reverse`.",
			Examples: []Example{{`reverselist(["a", "b", "c"])`, `["c", "b", "a"]`}},
		},
		{
			Name: "sort", Category: Collections, Func: stdlib.SortFunc,
			Doc:      "Sorts strings by their Unicode code points: upper case before lower case, \"10\" before \"9\".",
			Examples: []Example{{`sort(["b", "a", "B", "10", "9"])`, `["10", "9", "B", "a", "b"]`}},
		},
	}
}

func pickingFunctions() []Function {
	return []Function{
		{
			Name: "contains", Category: Collections, Func: stdlib.ContainsFunc,
			Doc: "True if the list, tuple or set has an element equal to `value`. Type matters: 1 is not \"1\".",
			Examples: []Example{
				{`contains(["linux/amd64", "linux/arm64"], "linux/arm64")`, `true`},
				{`contains([1, 2], "1")`, `false`},
			},
		},
		{
			Name: "element", Category: Collections, Func: stdlib.ElementFunc,
			Doc: "The element at `index` of a list or tuple. The index starts at 0 and wraps around at both ends, so -1 is the " +
				"last element.",
			Examples: []Example{
				{`element(["a", "b", "c"], 4)`, `"b"`},
				{`element(["a", "b", "c"], -1)`, `"c"`},
			},
		},
		{
			Name: "formatlist", Category: Collections, Func: stdlib.FormatListFunc,
			Doc: "Fills a template as `format` does, once for every element of the lists among the arguments, which must be of " +
				"equal length. Other arguments are the same every time.",
			Examples: []Example{
				{`formatlist("%s/app:%s", "registry.example.com", ["1", "1.2"])`,
					`["registry.example.com/app:1", "registry.example.com/app:1.2"]`},
			},
		},
		{
			Name: "indexof", Category: Collections, Func: indexOf(),
			Doc:      "The position, from 0, of the first element of a list or tuple that equals `value`. No such element is an error.",
			Examples: []Example{{`indexof(["a", "b", "c"], "b")`, `1`}},
		},
		{
			Name: "range", Category: Collections, Func: stdlib.RangeFunc,
			Doc: "Counts: `range(end)` from 0, `range(start, end)` or `range(start, end, step)`. The end itself is left out, the " +
				"direction follows from the ends, and the list may have 1024 elements at most.",
			Examples: []Example{
				{`range(3)`, `[0, 1, 2]`},
				{`range(3, 0)`, `[3, 2, 1]`},
				{`range(0, 10, 4)`, `[0, 4, 8]`},
			},
		},
		{
			Name: "slice", Category: Collections, Func: stdlib.SliceFunc,
			Doc: "The elements of a list or tuple from `start_index` up to, but without, `end_index`. Neither may lie outside " +
				"the list.",
			Examples: []Example{{`slice(["a", "b", "c", "d"], 1, 3)`, `["b", "c"]`}},
		},
	}
}

func mapFunctions() []Function {
	return []Function{
		{
			Name: "hasindex", Category: Collections, Func: stdlib.HasIndexFunc,
			Doc: "True if a list or tuple has an element at the position `key`, or a map one with that key. Write objects " +
				"as maps first: `convert(obj, map(any))`.",
			Examples: []Example{
				{`hasindex(["a", "b"], 1)`, `true`},
				{`hasindex(["a", "b"], 2)`, `false`},
				{`hasindex(convert({a = "1"}, map(string)), "b")`, `false`},
			},
		},
		{
			Name: "index", Category: Collections, Func: stdlib.IndexFunc,
			Doc: "The element of a list or tuple at the position `key`, or of a map with that key; there the same as " +
				"`collection[key]`. An object is refused: use `lookup`. To find the position of a value use `indexof`.",
			Examples: []Example{{`index(["a", "b"], 1)`, `"b"`}},
		},
		{
			Name: "keys", Category: Collections, Func: stdlib.KeysFunc,
			Doc:      "The keys of a map or object, sorted.",
			Examples: []Example{{`keys({go = "1.26", alpine = "3.22"})`, `["alpine", "go"]`}},
		},
		{
			Name: "length", Category: Collections, Func: stdlib.LengthFunc,
			Doc: "Counts the elements of a list, tuple, set or map. For objects use `length(keys(obj))`, for strings `strlen`.",
			Examples: []Example{
				{`length(["a", "b"])`, `2`},
				{`length(keys({a = 1}))`, `1`},
			},
		},
		{
			Name: "lookup", Category: Collections, Func: stdlib.LookupFunc,
			Doc: "The value of `key` in a map or object, or the default if it has no such key.",
			Examples: []Example{
				{`lookup({go = "1.26"}, "go", "1.0")`, `"1.26"`},
				{`lookup({go = "1.26"}, "node", "24")`, `"24"`},
			},
		},
		{
			Name: "merge", Category: Collections, Func: guard(stdlib.MergeFunc, notNull, "arguments must be maps or objects"),
			Doc: "Puts the entries of several maps or objects into one; of equal keys the last wins, arguments that are null " +
				"are skipped. The usual way to add to common args or labels.",
			Examples: []Example{
				{`merge({A = "1", B = "1"}, {B = "2"})`, `{A = "1", B = "2"}`},
				{`merge({A = "1"}, null)`, `{A = "1"}`},
			},
		},
		{
			Name: "values", Category: Collections, Func: stdlib.ValuesFunc,
			Doc:      "The values of a map or object, in the order of their keys.",
			Examples: []Example{{`values({b = 2, a = 1})`, `[1, 2]`}},
		},
		{
			Name: "zipmap", Category: Collections, Func: guard(stdlib.ZipmapFunc, notNull, "keys list has a null value"),
			Doc:      "Builds a map or object from a list of keys and a list of as many values.",
			Examples: []Example{{`zipmap(["a", "b"], [1, 2])`, `{a = 1, b = 2}`}},
		},
	}
}

// indexOf finds a value by equality, as the function equal sees it.
func indexOf() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "list", Type: cty.DynamicPseudoType},
			{Name: "value", Type: cty.DynamicPseudoType},
		},
		Type: function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			list, want := args[0], args[1]
			if t := list.Type(); !t.IsListType() && !t.IsTupleType() {
				return cty.NilVal, errors.New("argument must be a list or tuple")
			}
			if list.LengthInt() == 0 {
				return cty.NilVal, errors.New("cannot search an empty list")
			}
			for i, element := range list.Elements() {
				same := element.Equals(want)
				if !same.IsKnown() {
					return cty.UnknownVal(cty.Number), nil
				}
				if same.True() {
					return i, nil
				}
			}
			return cty.NilVal, errors.New("item not found")
		},
	})
}
