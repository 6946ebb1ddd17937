package hclfuncs

import (
	"math"
	"math/big"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// pool holds the arguments that every function is called with, whatever its
// parameters: all kinds of values, and the edges of each kind.
func pool() []cty.Value {
	var all []cty.Value
	all = append(all, texts(
		"", " ", "a", "b", "A b\tc", "abc", "Hello, World", "true", "false", "0", "7", "-3", "1.5", "1e3", "null", "-",
		"/", "a/b/c", ",", "\n", "a\nb\r\nc\n\n", "für", "日本語", "e\u0301e\u0301", "👩‍👩‍👧👍🏽", "İıß", "\u0000", "\ufeff", "${x}", "%s %d",
		"[a-z]+", "(", "YmFrZQ==", "2026-02-03T04:05:06Z", "10.0.0.0/8", "1.2.3", `{"a":[1,null]}`,
	)...)
	all = append(all, numbers(0, 1, -1, 2, 3, -2, 7, 10, 16, 63, 64, 255, 1024, -1000, 0.5, -0.5, 1.5, 2.999, 1e-9, 1e15,
		65536, math.MinInt64, math.MaxFloat64)...)
	all = append(all, cty.PositiveInfinity, cty.NegativeInfinity, cty.MustParseNumberVal("9223372036854775807"),
		cty.MustParseNumberVal("18446744073709551616"), cty.MustParseNumberVal("0.1"), cty.NumberVal(new(big.Float).Neg(new(big.Float))))
	all = append(all, cty.True, cty.False)
	all = append(all, sequences()...)
	all = append(all, mappings()...)
	return append(all, specials()...)
}

func sequences() []cty.Value {
	abc, ba := texts("a", "b", "c"), texts("b", "a", "b", "", "B")
	nums := numbers(3, 1, 2, 1)
	return []cty.Value{
		cty.EmptyTupleVal, cty.ListValEmpty(cty.String), cty.ListValEmpty(cty.Number), cty.SetValEmpty(cty.String),
		cty.ListValEmpty(cty.DynamicPseudoType), cty.SetValEmpty(cty.DynamicPseudoType),
		cty.ListVal(abc), cty.TupleVal(abc), cty.SetVal(abc), cty.ListVal(ba), cty.TupleVal(ba), cty.SetVal(ba),
		cty.ListVal(nums), cty.TupleVal(nums), cty.SetVal(nums), cty.TupleVal(texts("x")),
		cty.TupleVal([]cty.Value{cty.StringVal("one"), cty.NumberIntVal(2), cty.True, cty.NullVal(cty.String)}),
		cty.TupleVal([]cty.Value{cty.NullVal(cty.DynamicPseudoType), cty.StringVal("a")}),
		cty.ListVal([]cty.Value{cty.StringVal("a"), cty.NullVal(cty.String), cty.StringVal("")}),
		cty.ListVal([]cty.Value{cty.StringVal("a"), cty.UnknownVal(cty.String)}),
		cty.TupleVal([]cty.Value{cty.StringVal("a"), cty.UnknownVal(cty.String)}),
		cty.TupleVal([]cty.Value{cty.DynamicVal, cty.StringVal("a")}),
		cty.SetVal([]cty.Value{cty.StringVal("a"), cty.UnknownVal(cty.String)}),
		cty.ListVal([]cty.Value{cty.ListVal(abc), cty.ListValEmpty(cty.String)}),
		cty.TupleVal([]cty.Value{cty.TupleVal(abc), cty.EmptyTupleVal, cty.ListVal(nums), cty.SetVal(nums)}),
		cty.TupleVal([]cty.Value{cty.NullVal(cty.List(cty.String)), cty.UnknownVal(cty.List(cty.String))}),
		cty.ListVal([]cty.Value{cty.True, cty.False}),
	}
}

func mappings() []cty.Value {
	a, b := cty.StringVal("1"), cty.StringVal("2")
	return []cty.Value{
		cty.EmptyObjectVal, cty.MapValEmpty(cty.String), cty.MapValEmpty(cty.DynamicPseudoType),
		cty.MapVal(map[string]cty.Value{"a": a, "b": b}), cty.ObjectVal(map[string]cty.Value{"a": a, "b": b}),
		cty.MapVal(map[string]cty.Value{"x": cty.NumberIntVal(1), "": cty.NumberIntVal(2)}),
		cty.MapVal(map[string]cty.Value{"a": a, "u": cty.UnknownVal(cty.String)}),
		cty.MapVal(map[string]cty.Value{"a": cty.NullVal(cty.String)}),
		cty.ObjectVal(map[string]cty.Value{"a": cty.NumberIntVal(1), "z": cty.EmptyTupleVal, "ü": cty.True}),
		cty.ObjectVal(map[string]cty.Value{"a": cty.NullVal(cty.DynamicPseudoType), "u": cty.UnknownVal(cty.Number)}),
		cty.MapVal(map[string]cty.Value{"m": cty.MapVal(map[string]cty.Value{"a": a})}),
	}
}

// specials are nulls, unknowns with and without refinements, marked values and
// buffers.
func specials() []cty.Value {
	var all []cty.Value
	for _, t := range []cty.Type{cty.DynamicPseudoType, cty.String, cty.Number, cty.Bool, cty.List(cty.String), cty.Set(cty.Number),
		cty.Map(cty.String), cty.EmptyObject, cty.EmptyTuple, cty.Tuple([]cty.Type{cty.String}), stdlib.Bytes,
		cty.Object(map[string]cty.Type{"a": cty.String}), cty.List(cty.DynamicPseudoType)} {
		all = append(all, cty.NullVal(t), cty.UnknownVal(t))
	}
	return append(all,
		cty.UnknownVal(cty.String).RefineNotNull(),
		cty.UnknownVal(cty.String).Refine().NotNull().StringPrefix("ab-").NewValue(),
		cty.UnknownVal(cty.Number).Refine().NotNull().NumberRangeLowerBound(cty.NumberIntVal(5), true).NewValue(),
		cty.UnknownVal(cty.List(cty.String)).Refine().NotNull().CollectionLengthLowerBound(1).CollectionLengthUpperBound(3).NewValue(),
		cty.StringVal("a").Mark("m"), cty.NumberIntVal(2).Mark("m"), cty.ListVal(texts("a", "b")).Mark("m"),
		cty.ListVal([]cty.Value{cty.StringVal("a").Mark("m"), cty.StringVal("b")}),
		cty.ObjectVal(map[string]cty.Value{"a": cty.StringVal("1").Mark("m")}),
		cty.UnknownVal(cty.String).Mark("m"), cty.NullVal(cty.String).Mark("m"),
		stdlib.BytesVal([]byte("héllo")), stdlib.BytesVal([]byte{}),
	)
}

func texts(all ...string) []cty.Value {
	values := make([]cty.Value, len(all))
	for i, s := range all {
		values[i] = cty.StringVal(s)
	}
	return values
}

func numbers(all ...float64) []cty.Value {
	values := make([]cty.Value, len(all))
	for i, n := range all {
		values[i] = cty.NumberFloatVal(n)
	}
	return values
}
