#!/bin/sh
# The same object with one key twice: native HCL takes the last value in silence, HCL's JSON the first, with an error.
#
# Versions: github.com/hashicorp/hcl/v2 v2.25.0
#
# Behaviour: both syntaxes describe one information model, but an object constructor keeps the last of two equal keys
# and tells nobody, while the JSON syntax reports the second key and goes on with the value of the first. In JSON
# whether two keys are equal depends on how they are asked: a key is a template, so without an evaluation context (the
# way that tools look at a file before they evaluate it) the keys "a" and "${"a"}" are two and there is no error; with
# a context they are one. A for expression is on a third side: two equal keys are an error in the native syntax, too.
#
# Seen:
#   native {a = 1, a = 2}: a is 2
#   native {a = 1, (upper) = 2}: a is 2
#   native {for k in ["a", "a"] : k => k}: Duplicate object key
#   JSON {"a": 1, "a": 2}: Duplicate object attribute, a is 1
#   JSON {"a": 1, "${"a"}": 2}: Duplicate object attribute, a is 1
#   JSON {"a": 1, "${"a"}": 2} without a context: a is 1, and 2 keys
set -eu

self=$(realpath "$0")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

cat >go.mod <<'EOF'
module example.com/finding

go 1.26

require (
	github.com/hashicorp/hcl/v2 v2.25.0
	github.com/zclconf/go-cty v1.20.0
)
EOF
cat >main.go <<'EOF'
package main

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"
)

func show(name string, expr hcl.Expression, ctx *hcl.EvalContext) {
	v, diags := expr.Value(ctx)
	var parts []string
	for _, d := range diags {
		parts = append(parts, d.Summary)
	}
	if v.Type().IsObjectType() && v.Type().HasAttribute("a") && v.GetAttr("a").Type() == cty.Number {
		parts = append(parts, "a is "+v.GetAttr("a").AsBigFloat().String())
		if n := v.LengthInt(); n > 1 {
			parts = append(parts, fmt.Sprintf("and %d keys", n))
		}
	}
	fmt.Printf("%s: %s\n", name, strings.Join(parts, ", "))
}

func main() {
	ctx := &hcl.EvalContext{Variables: map[string]cty.Value{"upper": cty.StringVal("a")}}
	for _, text := range []string{`{a = 1, a = 2}`, `{a = 1, (upper) = 2}`, `{for k in ["a", "a"] : k => k}`} {
		expr, diags := hclsyntax.ParseExpression([]byte(text), "a.hcl", hcl.InitialPos)
		if diags.HasErrors() {
			panic(diags)
		}
		show("native "+text, expr, ctx)
	}
	for _, text := range []string{`{"a": 1, "a": 2}`, `{"a": 1, "${\"a\"}": 2}`} {
		expr, diags := json.ParseExpression([]byte(text), "a.json")
		if diags.HasErrors() {
			panic(diags)
		}
		name := "JSON " + strings.ReplaceAll(text, `\`, "")
		show(name, expr, ctx)
		if strings.Contains(text, "$") {
			show(name+" without a context", expr, nil)
		}
	}
}
EOF
export GOWORK=off GOFLAGS=-mod=mod CGO_ENABLED=0
go run . >got
cat got
sed -n '/^# Seen:/,/^set/s/^#   //p' "$self" | diff - got
