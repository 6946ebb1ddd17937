package hclfuncs

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// render writes a known value in the form of Example.Result.
func render(v cty.Value) string {
	t := v.Type()
	switch {
	case v.IsNull():
		return "null"
	case t.IsMapType() || t.IsObjectType():
		var entries []string
		for k, element := range v.Elements() {
			entries = append(entries, k.AsString()+" = "+render(element))
		}
		slices.Sort(entries)
		return "{" + strings.Join(entries, ", ") + "}"
	case t.IsListType() || t.IsSetType() || t.IsTupleType():
		var elements []string
		for _, element := range v.Elements() {
			elements = append(elements, render(element))
		}
		return "[" + strings.Join(elements, ", ") + "]"
	}
	return string(hclwrite.TokensForValue(v).Bytes())
}
