package bake

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
)

// nowhere is the range of what is typed on the command line.
var nowhere hcl.Range

func unknownTarget(c *Config, name string, asked hcl.Range) *hcl.Diagnostic {
	if g := c.groups[name]; g != nil {
		return errorAt("group-not-target", asked, "Group where a target is needed",
			"%q is a group. Only a target can be inherited from or linked to; its members are %s.", name, list(g.Targets))
	}
	known := c.Names()
	hint := didYouMean(name, known)
	if isPattern(name) && asked != nowhere {
		hint = " Patterns are for the command line; here every name is written out."
	}
	if hint == "" {
		hint = knownNames(known)
	}
	if name == "default" && asked == nowhere {
		return errorAt("no-default", asked, "Nothing to build",
			"Bake failed to find target default, so name what to build.%s", knownNames(known))
	}
	return naming(errorAt("unknown-target", asked, "Unknown target", "Bake failed to find target %s: there is no target or group of this name.%s", name, hint), name)
}

func knownNames(names []string) string {
	if len(names) == 0 {
		return " The definition has no targets."
	}
	return fmt.Sprintf(" There are %s.", list(names))
}

func nothingMatches(pattern string) *hcl.Diagnostic {
	return errorAt("no-match", nowhere, "Nothing matches",
		"No target or group matches %q. Patterns know * (any characters), ? (one) and [...] (one of).", pattern)
}

func badPattern(o Override, err error) *hcl.Diagnostic {
	return errorAt("bad-pattern", nowhere, "Invalid pattern", "%s: the pattern %q cannot be read: %s.", o.Text, o.Pattern, err)
}

func noTargetMatches(o Override, c *Config) *hcl.Diagnostic {
	hint := didYouMean(o.Pattern, c.names)
	if g := c.groups[o.Pattern]; g != nil {
		hint = fmt.Sprintf(" %q is a group; overrides go to targets: name one of %s, or use a pattern.", o.Pattern, list(g.Targets))
	}
	if hint == "" && setRow(o.Pattern) != nil {
		hint = o.targetHint()
	}
	return errorAt("no-match", nowhere, "Override of no target", "%s: no target matches %q.%s", o.Text, o.Pattern, hint)
}

func badSet(err error) *hcl.Diagnostic {
	return errorAt("bad-override", nowhere, "Unsuitable override", "%s.", err)
}

func inheritCycle(members []frame) *hcl.Diagnostic {
	if len(members) == 1 {
		return errorAt("inherit-cycle", members[0].rng, "Target inherits from itself",
			"%s names itself as a base target. Drop it from inherits.", members[0].addr)
	}
	return errorAt("inherit-cycle", members[0].rng, "Targets inherit from each other",
		"%s. A target cannot inherit from itself, directly or through others.", cycleText(members))
}

func groupCycle(members []frame) *hcl.Diagnostic {
	return errorAt("group-cycle", members[0].rng, "Groups contain each other",
		"%s. A group cannot be a member of itself, directly or through others.", cycleText(members))
}

func linkCycle(members []frame) *hcl.Diagnostic {
	return errorAt("link-cycle", members[0].rng, "Targets link to each other",
		"%s. Each of these targets needs the next one's result first.", cycleText(members))
}

func linkToItself(t *Target, c *cell) *hcl.Diagnostic {
	return errorAt("link-cycle", c.rng(), "Target links to itself",
		"The named context %q of target %q is the target itself. A stage of the same Dockerfile needs no named context.", c.key, t.Name)
}

func linkPlatforms(t, linked *Target, c *cell) *hcl.Diagnostic {
	return errorAt("link-platforms", c.rng(), "Linked target lacks a platform",
		"Target %q builds for %s and uses the result of %q, which builds for %s only. Add the missing platforms to %q.",
		t.Name, list(t.Platforms), linked.Name, list(linked.Platforms), linked.Name)
}

func stdinNotAllowed(t *Target, attribute string) *hcl.Diagnostic {
	return errorAt("stdin-context", t.Origin(attribute, "").Range, "Standard input not possible",
		"The %s of target %q is \"-\", but several targets cannot share standard input. Name a file or directory.", attribute, t.Name)
}
