package hclfuncs

import "github.com/zclconf/go-cty/cty/function/stdlib"

func logicFunctions() []Function {
	return []Function{
		{
			Name: "and", Category: Logic, Func: stdlib.AndFunc,
			Doc:      "True if both arguments are true. The same as `a && b`.",
			Examples: []Example{{`and(true, false)`, `false`}},
		},
		{
			Name: "equal", Category: Logic, Func: stdlib.EqualFunc,
			Doc: "True if both values have the same type and content. The same as `a == b`. Numbers and strings never equal each " +
				"other.",
			Examples: []Example{
				{`equal("a", "a")`, `true`},
				{`equal(1, "1")`, `false`},
				{`equal(null, null)`, `true`},
			},
		},
		{
			Name: "greaterthan", Category: Logic, Func: stdlib.GreaterThanFunc,
			Doc:      "True if `a` is greater than `b`. The same as `a > b`.",
			Examples: []Example{{`greaterthan(2, 1)`, `true`}},
		},
		{
			Name: "greaterthanorequalto", Category: Logic, Func: stdlib.GreaterThanOrEqualToFunc,
			Doc:      "True if `a` is not less than `b`. The same as `a >= b`.",
			Examples: []Example{{`greaterthanorequalto(2, 2)`, `true`}},
		},
		{
			Name: "lessthan", Category: Logic, Func: stdlib.LessThanFunc,
			Doc:      "True if `a` is less than `b`. The same as `a < b`.",
			Examples: []Example{{`lessthan(2, 2)`, `false`}},
		},
		{
			Name: "lessthanorequalto", Category: Logic, Func: stdlib.LessThanOrEqualToFunc,
			Doc:      "True if `a` is not greater than `b`. The same as `a <= b`.",
			Examples: []Example{{`lessthanorequalto(2, 2)`, `true`}},
		},
		{
			Name: "not", Category: Logic, Func: stdlib.NotFunc,
			Doc:      "True for false and false for true. The same as `!val`.",
			Examples: []Example{{`not(true)`, `false`}},
		},
		{
			Name: "notequal", Category: Logic, Func: stdlib.NotEqualFunc,
			Doc:      "True if the values differ in type or content. The same as `a != b`.",
			Examples: []Example{{`notequal("a", "b")`, `true`}},
		},
		{
			Name: "or", Category: Logic, Func: stdlib.OrFunc,
			Doc:      "True if at least one argument is true. The same as `a || b`.",
			Examples: []Example{{`or(true, false)`, `true`}},
		},
	}
}
