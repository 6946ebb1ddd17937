package bake

import (
	"github.com/hashicorp/hcl/v2"

	"bake/compose"
)

// warnUnset warns about variables without a value that the targets of the plan
// read from Compose files, themselves or by a base target, unless something else
// has taken the place of what they are in.
func (p *planner) warnUnset() {
	if len(p.c.def.unset) == 0 {
		return
	}
	for _, t := range p.plan.Targets {
		var gone map[hcl.Range]bool
		for _, use := range p.c.unset(t.Name, map[string]bool{}) {
			if gone == nil {
				gone = replaced(t.attrs.attrs)
			}
			if !gone[use.Range] {
				p.report(unsetVariable(use))
			}
		}
	}
}

// unset are the uses in a target and its base targets.
func (c *Config) unset(name string, seen map[string]bool) []compose.Unset {
	t := c.targets[name]
	if t == nil || seen[name] {
		return nil
	}
	seen[name] = true
	uses := c.def.unset[name]
	for _, base := range t.inherits {
		uses = append(uses[:len(uses):len(uses)], c.unset(base, seen)...)
	}
	return uses
}

// replaced are the places of values that others have taken the place of.
func replaced(attrs []*attr) map[hcl.Range]bool {
	gone, stay := map[hcl.Range]bool{}, map[hcl.Range]bool{}
	for _, a := range attrs {
		if a == nil {
			continue
		}
		for i := range a.cells {
			c := &a.cells[i]
			stay[c.rng()] = true
			for over := c.over; over != nil; over = over.over {
				gone[over.rng()] = true
			}
		}
		for over := a.over; over != nil; over = over.over {
			for i := range over.cells {
				gone[over.cells[i].rng()] = true
			}
		}
	}
	for rng := range stay {
		delete(gone, rng)
	}
	return gone
}

func unsetVariable(use compose.Unset) *hcl.Diagnostic {
	return naming(warningAt("compose-unset-variable", use.Range, "Variable not set",
		"The variable %s has no value, so it is replaced by nothing. Set it, or give it a default: ${%s:-default}.", use.Name, use.Name), use.Name)
}
