package bake

import (
	"strconv"

	"github.com/hashicorp/hcl/v2"
)

// HeldTags warns of tags that the plan pushes although something else is not
// done with them. held tells what holds a tag, written in full or not, and what
// to do about it, in sentences; empty is nothing.
func (p *Plan) HeldTags(held func(tag string) string) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, t := range p.Targets {
		if method, err := t.Asks(); err != nil || method != "" {
			continue // nothing is pushed
		}
		for _, name := range t.PushedTags() {
			if why := held(name); why != "" {
				diags = append(diags, warningAt("tag-held", tagRange(t, name), "Tag of a release that is not finished",
					"Target %q pushes %s. %s", t.Name, name, why))
			}
		}
	}
	return sortDiagnostics(diags)
}

// PushedTags are the tags that the outputs of t push, each once, as they are
// written.
func (t *Target) PushedTags() []string {
	var out []string
	for _, o := range t.Outputs {
		if byDigest, _ := strconv.ParseBool(o.Attrs["push-by-digest"]); pushes(o) && !byDigest {
			out = append(out, imageNames(t, o)...)
		}
	}
	return distinct(out)
}

// tagRange is where a target says a tag, else its tags, else the target.
func tagRange(t *Target, name string) hcl.Range {
	if o := t.Origin("tags", name); o != nil && o.Range.Filename != "" {
		return o.Range
	}
	return originRange(t, "tags", "")
}
