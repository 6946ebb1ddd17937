package hclfuncs

import "github.com/zclconf/go-cty/cty/function/stdlib"

func setFunctions() []Function {
	return []Function{
		{
			Name: "sethaselement", Category: Sets, Func: stdlib.SetHasElementFunc,
			Doc:      "True if the set has the element `elem`, of the same type as its elements.",
			Examples: []Example{{`sethaselement(["a", "b"], "b")`, `true`}},
		},
		{
			Name: "setintersection", Category: Sets, Func: guardSets(stdlib.SetIntersectionFunc),
			Doc:      "The elements that all of the sets have in common.",
			Examples: []Example{{`setintersection(["a", "b", "c"], ["c", "b"], ["b"])`, `["b"]`}},
		},
		{
			Name: "setproduct", Category: Sets, Func: stdlib.SetProductFunc,
			Doc: "Every combination that takes one element of each argument: a list of tuples if all arguments are lists or " +
				"tuples, in their order, a set of tuples otherwise.",
			Examples: []Example{
				{`setproduct(["linux", "windows"], ["amd64", "arm64"])`,
					`[["linux", "amd64"], ["linux", "arm64"], ["windows", "amd64"], ["windows", "arm64"]]`},
			},
		},
		{
			Name: "setsubtract", Category: Sets, Func: guardSets(stdlib.SetSubtractFunc),
			Doc:      "The elements of `a` that `b` does not have.",
			Examples: []Example{{`setsubtract(["a", "b", "c"], ["b"])`, `["a", "c"]`}},
		},
		{
			Name: "setsymmetricdifference", Category: Sets, Func: guardSets(stdlib.SetSymmetricDifferenceFunc),
			Doc: "The elements that exactly one of two sets has. More sets are taken in one after the other, so an element stays " +
				"if an odd number of sets has it.",
			Examples: []Example{{`setsymmetricdifference(["a", "b"], ["b", "c"])`, `["a", "c"]`}},
		},
		{
			Name: "setunion", Category: Sets, Func: guardSets(stdlib.SetUnionFunc),
			Doc: "The elements that at least one of the sets has. The result of a set function is in order of value, which makes " +
				"this a way to sort and drop duplicates at once.",
			Examples: []Example{{`setunion(["b"], ["a", "b"])`, `["a", "b"]`}},
		},
	}
}
