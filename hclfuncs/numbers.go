package hclfuncs

import "github.com/zclconf/go-cty/cty/function/stdlib"

func numberFunctions() []Function {
	return append(arithmeticFunctions(), roundingFunctions()...)
}

func arithmeticFunctions() []Function {
	return []Function{
		{
			Name: "absolute", Category: Numbers, Func: stdlib.AbsoluteFunc,
			Doc: "Drops the sign: the distance of `num` from zero.",
			Examples: []Example{
				{`absolute(-42)`, `42`},
				{`absolute(1.5)`, `1.5`},
			},
		},
		{
			Name: "add", Category: Numbers, Func: stdlib.AddFunc,
			Doc:      "Adds two numbers. The same as `a + b`.",
			Examples: []Example{{`add(40, 2)`, `42`}},
		},
		{
			Name: "divide", Category: Numbers, Func: stdlib.DivideFunc,
			Doc:      "Divides `a` by `b` without rounding. The same as `a / b`. Division by zero gives infinity, of zero itself an error.",
			Examples: []Example{{`divide(7, 2)`, `3.5`}, {`divide(1, 0) > 1000000`, `true`}, {`can(divide(0, 0))`, `false`}},
		},
		{
			Name: "log", Category: Numbers, Func: guard(stdlib.LogFunc, notNull, "the logarithm of these numbers is not a number"),
			Doc:      "The logarithm of `num` to the given base, computed with 64-bit floats.",
			Examples: []Example{{`log(8, 2)`, `3`}},
		},
		{
			Name: "modulo", Category: Numbers, Func: stdlib.ModuloFunc,
			Doc: "The remainder of dividing `a` by `b`, with the sign of `a`. The same as `a % b`.",
			Examples: []Example{
				{`modulo(15, 4)`, `3`},
				{`modulo(-15, 4)`, `-3`},
			},
		},
		{
			Name: "multiply", Category: Numbers, Func: stdlib.MultiplyFunc,
			Doc:      "Multiplies two numbers. The same as `a * b`.",
			Examples: []Example{{`multiply(6, 7)`, `42`}},
		},
		{
			Name: "negate", Category: Numbers, Func: stdlib.NegateFunc,
			Doc:      "Flips the sign. The same as `-num`.",
			Examples: []Example{{`negate(42)`, `-42`}},
		},
		{
			Name: "pow", Category: Numbers, Func: guard(stdlib.PowFunc, notNull, "this power is not a number"),
			Doc: "Raises `num` to `power`, computed with 64-bit floats.",
			Examples: []Example{
				{`pow(2, 10)`, `1024`},
				{`pow(9, 0.5)`, `3`},
			},
		},
		{
			Name: "subtract", Category: Numbers, Func: stdlib.SubtractFunc,
			Doc:      "Subtracts `b` from `a`. The same as `a - b`.",
			Examples: []Example{{`subtract(44, 2)`, `42`}},
		},
	}
}

func roundingFunctions() []Function {
	return []Function{
		{
			Name: "ceil", Category: Numbers, Func: stdlib.CeilFunc,
			Doc: "Rounds up to the next whole number, towards positive infinity.",
			Examples: []Example{
				{`ceil(1.2)`, `2`},
				{`ceil(-1.2)`, `-1`},
			},
		},
		{
			Name: "floor", Category: Numbers, Func: stdlib.FloorFunc,
			Doc: "Rounds down to the next whole number, towards negative infinity.",
			Examples: []Example{
				{`floor(1.8)`, `1`},
				{`floor(-1.2)`, `-2`},
			},
		},
		{
			Name: "int", Category: Numbers, Func: guard(stdlib.IntFunc, notNull, "infinity has no whole part"),
			Doc: "Cuts off the fraction, which rounds towards zero.",
			Examples: []Example{
				{`int(6.9)`, `6`},
				{`int(-6.9)`, `-6`},
			},
		},
		{
			Name: "max", Category: Numbers, Func: stdlib.MaxFunc,
			Doc: "The greatest of its arguments, of which there must be at least one. Expand a list with `...`.",
			Examples: []Example{
				{`max(3, 9, 4)`, `9`},
				{`max([1, 2]...)`, `2`},
			},
		},
		{
			Name: "min", Category: Numbers, Func: stdlib.MinFunc,
			Doc:      "The smallest of its arguments, of which there must be at least one. Expand a list with `...`.",
			Examples: []Example{{`min(3, 9, 4)`, `3`}},
		},
		{
			Name: "parseint", Category: Numbers, Func: stdlib.ParseIntFunc,
			Doc: "Reads a string as a whole number written in `base`, which lies between 2 and 62. Only digits and a sign are " +
				"understood, no prefix such as `0x`.",
			Examples: []Example{
				{`parseint("ff", 16)`, `255`},
				{`parseint("-101", 2)`, `-5`},
			},
		},
		{
			Name: "signum", Category: Numbers, Func: stdlib.SignumFunc,
			Doc:      "The sign of a whole number: -1, 0 or 1.",
			Examples: []Example{{`signum(-42)`, `-1`}},
		},
	}
}
