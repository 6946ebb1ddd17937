package hclfuncs

import (
	"io"
	"log"
	"regexp"
	"slices"
	"testing"

	"github.com/docker/buildx/bake/hclparser"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// FuzzCall calls the function number n with the elements of a JSON array, of
// which the mask makes some unknown. No call may panic, nor give what buildx
// does not give.
func FuzzCall(f *testing.F) {
	defer log.SetOutput(log.Writer())
	log.SetOutput(io.Discard) // buildx logs bytes that base64decode refuses
	for n, fn := range All() {
		for _, args := range seeds[fn.Category] {
			f.Add(uint8(n), args, uint8(0))
		}
		f.Add(uint8(n), `["a", 1, null]`, uint8(n))
		f.Add(uint8(n), `[{"a": "1"}, "a", [1, "x"]]`, uint8(1))
	}
	theirs := hclparser.Stdlib()
	f.Fuzz(func(t *testing.T, n uint8, document string, mask uint8) {
		fn := All()[int(n)%len(All())]
		args, ok := decodeArgs(fn, document, mask)
		if !ok || takesExpressions(fn) || needsMuch(fn, args) || !tame(fn.Name, args) {
			return
		}
		c := comparison{t: t, f: fn, theirs: theirs[fn.Name]}
		if !fn.Volatile {
			c.direct(args)
			return
		}
		if _, err := call(fn.Func, args); isPanicText(errorText(err)) {
			t.Errorf("%s%#v: %v", fn.Name, args, err)
		}
	})
}

var seeds = map[Category][]string{
	Strings:     {`["für", 2, -1]`, `["%05.2f|%-8s|%[1]v", 3.5]`, `[", ", ["a", null]]`, `[4, "a\nb"]`},
	Patterns:    {`["(?P<x>a)(b)?", "ab"]`, `["1.2.3-rc.1", ">= 1.2, < 2 || ~3"]`, `["abc", "b", "$0"]`},
	Numbers:     {`[1.5]`, `[8, 0.5]`, `["zz", 36]`, `[2, 2]`, `[1e15, 3]`},
	Logic:       {`[true, false]`, `[1, 2]`, `[{"a": [null]}, {"a": [null]}]`},
	Collections: {`[["a", "b", null], -1]`, `[{"a": 1}, "b", 2]`, `[[[1], [2, [3]]]]`, `[["a", "b"], [1, 2]]`, `[["a", null], ["x", "y"]]`, `[null, [1]]`, `[10, 1, -3]`},
	Sets:        {`[["a", "b"], ["b", 1], []]`, `[["a", null], "a"]`, `[[[]], []]`},
	Values:      {`[null, "", 1]`, `["bake", 0, 2]`},
	Encodings:   {`["YmFrZQ=="]`, `["a,b\n1,2"]`, `["{\"a\":[1]}"]`, `["/w=="]`},
	Hashes:      {`["dns", "example.com"]`, `["secret", 4]`, `["YQ==", "-----BEGIN X-----\n-----END X-----"]`},
	Times:       {`["YYYY'x'EEE", "2026-02-03T04:05:06Z"]`, `["X", 1770091506]`, `["2026-02-03T04:05:06Z", "-1h"]`, `[-1e15]`},
	Networks:    {`["10.0.0.0/8", 8, 2]`, `["fd00::/64", 1, 1]`, `["10.0.0.0/31", 1, 1]`},
	Paths:       {`["a//b/"]`, `["\ud800x"]`, `[]`},
}

// hugeNumber finds numbers that take megabytes and seconds to write out in full,
// which HCL does wherever a number stands for a string.
var hugeNumber = regexp.MustCompile(`[eE][-+]?\d{4}`)

// decodeArgs reads the arguments and converts them as HCL does before a call.
func decodeArgs(fn Function, document string, mask uint8) (args []cty.Value, ok bool) {
	if len(document) > 4096 || hugeNumber.MatchString(document) {
		return nil, false
	}
	t, err := ctyjson.ImpliedType([]byte(document))
	if err != nil || !t.IsTupleType() {
		return nil, false
	}
	list, err := ctyjson.Unmarshal([]byte(document), t)
	if err != nil || list.IsNull() {
		return nil, false
	}
	params, variadic := fn.Func.Params(), fn.Func.VarParam()
	for i, v := range list.AsValueSlice() {
		want := cty.DynamicPseudoType
		if i < len(params) {
			want = params[i].Type
		} else if variadic != nil {
			want = variadic.Type
		}
		if converted, err := convert.Convert(v, want); err == nil {
			v = converted
		}
		if i < 8 && mask&(1<<i) != 0 {
			v = cty.UnknownVal(v.Type())
		}
		args = append(args, v)
	}
	return args, true
}

// wide finds formats whose width or precision has five digits.
var wide = regexp.MustCompile(`\d{5}`)

// needsMuch is true of calls that are correct but take gigabytes or minutes, as
// they do in buildx.
func needsMuch(fn Function, args []cty.Value) bool {
	combinations := 1
	for _, v := range args {
		t := v.Type()
		switch {
		case !v.IsKnown() || v.IsNull():
		case t == cty.Number:
			limit := 1e15
			if slices.Contains([]string{"indent", "cidrsubnet"}, fn.Name) {
				limit = 1e5
			} else if fn.Name == "bcrypt" {
				limit = 6
			}
			if v.GreaterThan(cty.NumberFloatVal(limit)).True() || v.LessThan(cty.NumberFloatVal(-limit)).True() {
				return true
			}
		case t == cty.String:
			if slices.Contains([]string{"format", "formatlist"}, fn.Name) && wide.MatchString(v.AsString()) {
				return true
			}
		case fn.Name == "setproduct" && v.CanIterateElements():
			combinations *= max(1, v.LengthInt())
			if combinations > 10_000 {
				return true
			}
		}
	}
	return false
}
