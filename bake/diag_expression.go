package bake

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
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

// named finds the name that HCL says is unknown.
var named = regexp.MustCompile(`named "([^"]+)"`)

func namedIn(d *hcl.Diagnostic) (string, bool) {
	m := named.FindStringSubmatch(d.Detail)
	if m == nil {
		return "", false
	}
	return m[1], true
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
