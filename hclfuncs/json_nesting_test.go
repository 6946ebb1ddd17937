package hclfuncs

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// A document is read up to a depth, just below and just above which these are.
func TestJSONNesting(t *testing.T) {
	decode := Map()["jsondecode"]
	for text, deep := range map[string]bool{
		strings.Repeat("[", maxJSONNesting) + strings.Repeat("]", maxJSONNesting):               false,
		strings.Repeat("[", maxJSONNesting+1) + strings.Repeat("]", maxJSONNesting+1):           true,
		strings.Repeat(`{"a":`, maxJSONNesting+1) + "1" + strings.Repeat("}", maxJSONNesting+1): true,
		"[" + strings.Repeat("[],{},", 2*maxJSONNesting) + "1]":                                 false,
		`["` + strings.Repeat(`[{\"`, 2*maxJSONNesting) + `"]`:                                  false,
	} {
		_, err := decode.Call([]cty.Value{cty.StringVal(text)})
		if (err != nil) != deep || deep && !strings.Contains(err.Error(), "nested more than 500 levels deep") {
			t.Errorf("%.20s: %v", text, err)
		}
	}
}
