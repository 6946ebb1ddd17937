package bake

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// expressionIDs are the identities of HCL's own diagnostics, by their fixed
// summaries.
var expressionIDs = map[string]diagID{
	"Unknown variable":              "unknown-variable",
	"Call to unknown function":      "unknown-function",
	"Unsupported attribute":         "unknown-attribute",
	"Missing map element":           "unknown-attribute",
	"Error in function call":        "function-error",
	"Invalid function argument":     "function-error",
	"Not enough function arguments": "function-error",
	"Too many function arguments":   "function-error",
}

// explainErrors gives HCL's own diagnostics an identity and adds what only we know:
// which names there are, and what went wrong inside a function.
func (e *evaluator) explainErrors(diags hcl.Diagnostics, expr hcl.Expression, ctx *hcl.EvalContext) {
	for _, d := range diags {
		if _, ours := d.Extra.(interface{ DiagnosticID() string }); ours {
			continue
		}
		id, known := expressionIDs[d.Summary]
		if !known {
			id = "expression"
		}
		name, named := namedIn(d)
		switch d.Summary {
		case "Unknown variable":
			if named {
				e.explainVariable(d, name, ctx)
			}
		case "Call to unknown function":
			if named {
				d.Detail = fmt.Sprintf("There is no function named %q.%s", name, didYouMean(name, sortedKeys(e.ctx.Functions)))
			}
		case "Unsupported attribute", "Missing map element":
			e.explainAttribute(d, expr, ctx)
		case "Error in function call":
			explainCall(d)
		case "Duplicate object attribute":
			explainTwice(d)
			continue
		}
		d.Extra = id
		if named && (id == "unknown-variable" || id == "unknown-function") {
			naming(d, name)
		}
	}
}

// prefixes are what other languages put before a variable's name.
var prefixes = []string{"var", "local", "locals", "env", "variable", "self", "each"}

// named finds the name that HCL says is unknown.
var named = regexp.MustCompile(`named "([^"]+)"`)

func namedIn(d *hcl.Diagnostic) (string, bool) {
	m := named.FindStringSubmatch(d.Detail)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// explainVariable suggests a name. HCL's own suggestion depends on the order
// of a map, and knows only variables that have been evaluated.
func (e *evaluator) explainVariable(d *hcl.Diagnostic, name string, ctx *hcl.EvalContext) {
	var known []string
	for c := ctx; c != nil && c != e.ctx; c = c.Parent() {
		known = append(known, sortedKeys(c.Variables)...)
	}
	hint := didYouMean(name, append(known, e.globalNames()...))
	if slices.Contains(prefixes, name) {
		hint = " Variables are used by their bare names, as in ${TAG}; one that is declared takes its value from the environment."
	}
	d.Detail = fmt.Sprintf("There is no variable named %q.%s", name, hint)
}

// explainAttribute names the attributes or keys there are where a traversal
// fails.
func (e *evaluator) explainAttribute(d *hcl.Diagnostic, expr hcl.Expression, ctx *hcl.EvalContext) {
	for _, t := range expr.Variables() {
		if d.Subject == nil || !t.SourceRange().Overlaps(*d.Subject) {
			continue
		}
		for i := 1; i < len(t); i++ {
			val, diags := t[:i].TraverseAbs(ctx)
			if diags.HasErrors() || val.IsNull() || !val.IsKnown() {
				return
			}
			if _, diags := t[:i+1].TraverseAbs(ctx); !diags.HasErrors() {
				continue
			}
			e.clarifyStep(d, t, i, val)
			return
		}
	}
}

// clarifyStep words the failure of step i of a traversal, taken from val.
func (e *evaluator) clarifyStep(d *hcl.Diagnostic, t hcl.Traversal, i int, val cty.Value) {
	name, ok := stepName(t[i])
	if !ok {
		return
	}
	kind, blocks := t.RootName(), i <= 2 && (t.RootName() == "target" || t.RootName() == "group")
	switch {
	case blocks && i == 1:
		known := e.names
		if kind == "group" {
			known = e.groupList
		}
		d.Summary = "Unknown " + kind
		d.Detail = fmt.Sprintf("There is no %s named %q.%s", kind, name, didYouMean(name, known))
	case blocks:
		known := groupAttributes
		if kind == "target" {
			known = attributeNames()[:len(table)]
		}
		d.Summary = "Unknown attribute"
		d.Detail = fmt.Sprintf("A %s has no attribute %q.%s", kind, name, didYouMean(name, known))
	case val.Type().IsObjectType() || val.Type().IsMapType():
		known := sortedKeys(val.AsValueMap())
		hint := didYouMean(name, known)
		if hint == "" && len(known) > 0 {
			hint = fmt.Sprintf(" It has %s.", list(known))
		}
		d.Detail = fmt.Sprintf("There is no %q in this value.%s", name, hint)
	}
}

func stepName(step hcl.Traverser) (string, bool) {
	switch step := step.(type) {
	case hcl.TraverseAttr:
		return step.Name, true
	case hcl.TraverseIndex:
		if isString(step.Key) {
			return step.Key.AsString(), true
		}
	}
	return "", false
}

// explainCall tells where in a definition's own function the failure is.
func explainCall(d *hcl.Diagnostic) {
	call, ok := d.Extra.(hclsyntax.FunctionCallDiagExtra)
	if !ok {
		return
	}
	var inner hcl.Diagnostics
	if !errors.As(call.FunctionCallError(), &inner) {
		return
	}
	texts := make([]string, 0, len(inner))
	for _, x := range inner {
		texts = append(texts, fmt.Sprintf("%s: %s; %s", at(position(x)), x.Summary, x.Detail))
	}
	d.Detail = fmt.Sprintf("The call of %q fails at %s", call.CalledFunctionName(), strings.Join(slices.Compact(texts), " And at "))
}
