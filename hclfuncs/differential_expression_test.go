package hclfuncs

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/docker/buildx/bake/hclparser"
	"github.com/zclconf/go-cty/cty"
)

// takesExpressions is true of the functions that see their arguments before they
// are evaluated. They can only be called in an expression.
func takesExpressions(f Function) bool {
	return slices.Contains([]string{"can", "convert", "try"}, f.Name)
}

func TestSameResultsOfExpressions(t *testing.T) {
	ours, theirs := Map(), hclparser.Stdlib()
	calls, failed := 0, 0
	for _, v := range pool() {
		variables := map[string]cty.Value{"v": v}
		for _, text := range expressions() {
			got, gotDiags := evaluateWith(text, variables, ours)
			want, wantDiags := evaluateWith(text, variables, theirs)
			if gotDiags != wantDiags || gotDiags == "" && !got.RawEquals(want) {
				t.Errorf("%s with v = %#v\n got %#v %s\nwant %#v %s", text, v, got, gotDiags, want, wantDiags)
			}
			if isPanicText(wantDiags) {
				t.Errorf("%s with v = %#v is a call on which buildx panics", text, v)
			}
			calls++
			if wantDiags != "" {
				failed++
			}
		}
	}
	t.Logf("%d expressions, of which %d end in an error", calls, failed)
	if failed == 0 || failed == calls {
		t.Error("the test says nothing")
	}
}

// expressions are the calls to compare, on a variable v.
func expressions() []string {
	var all []string
	for _, typ := range strings.Fields(`string number bool any list(string) list(any) set(any) set(number) map(string) map(any)
		tuple([string]) tuple([any,any]) object({}) object({a=string}) object({a=optional(string)}) list(list(string)) list string() "string"
		list(foo) foo null v 1`) {
		all = append(all, fmt.Sprintf("convert(v, %s)", typ))
	}
	parts := []string{"v", "v.a", "v[0]", "v[*].a", "v + 1", "!v", `"<${v}>"`, "upper(v)", "nosuch(v)", "nosuch", "length(v)",
		"[for x in v : x]", "v == null ? 1 : 2", "v...", "parseint(v, 10)", "v[\"a\"]", "null"}
	for _, a := range parts {
		all = append(all, fmt.Sprintf("can(%s)", a), fmt.Sprintf("try(%s)", a), fmt.Sprintf("not(can(%s))", a))
		for _, b := range parts {
			all = append(all, fmt.Sprintf("try(%s, %s)", a, b))
		}
	}
	return append(all, "try()", "can()", "can(v, v)", "try(nosuch, v, 1)", "convert(v)", "convert(v, string, 1)", "convert()")
}
