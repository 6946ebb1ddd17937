package bake

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// prefixes are what other languages put before a variable's name.
var prefixes = []string{"var", "local", "locals", "env", "variable", "self", "each"}

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
			e.explainStep(d, t, i, val)
			return
		}
	}
}

// explainStep words the failure of step i of a traversal, taken from val.
func (e *evaluator) explainStep(d *hcl.Diagnostic, t hcl.Traversal, i int, val cty.Value) {
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
