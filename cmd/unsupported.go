package cmd

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"bake/bake"
)

// diagnosticID names a diagnostic of this package.
type diagnosticID string

// DiagnosticID returns the stable name, such as "unsupported-policy".
func (id diagnosticID) DiagnosticID() string { return string(id) }

// unsupported finds targets that ask for something this version plans and
// prints but does not run. It is found on the plan, before anything starts.
func unsupported(plan *bake.Plan) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, t := range plan.Targets {
		for _, p := range t.Policy {
			if !p.Disabled {
				diags = append(diags, refusal("unsupported-policy", t, "policy", "Policy not supported",
					"Target %s has a policy, and this version of bake does not evaluate policies. Building without it would be less safe than the definition asks for. To build nevertheless, add --policy disabled=true.", t.Name))
				break
			}
		}
	}
	return diags
}

// refusal points at the place where the attribute was given, if that is a file.
func refusal(id diagnosticID, t *bake.Target, attribute, summary, format string, args ...any) *hcl.Diagnostic {
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...), Extra: id}
	if origin := t.Origin(attribute, ""); origin != nil && origin.Range.Filename != "" {
		d.Subject = &origin.Range
	}
	return d
}
