package bake

import "github.com/hashicorp/hcl/v2"

func labelCount(b *hcl.Block) *hcl.Diagnostic {
	rng := b.DefRange
	if len(b.Labels) == 0 {
		return errorAt("block-label", rng, "Block without a name",
			"A %s block needs one name: %s \"NAME\" { ... }.", b.Type, b.Type)
	}
	return errorAt("block-label", b.LabelRanges[1], "Block with several names",
		"A %s block has one name, and this one has %d.", b.Type, len(b.Labels))
}

func attributeNotBlock(a *hcl.Attribute) *hcl.Diagnostic {
	return errorAt("block-expected", a.NameRange, "Block expected",
		"%q is a block, not an attribute. Write %s \"NAME\" { ... }, without an equals sign.", a.Name, a.Name)
}

func invalidName(kind, name string, rng hcl.Range) *hcl.Diagnostic {
	return errorAt("invalid-name", rng, "Invalid name",
		"The name %q of this %s has characters other than letters, digits, \"_\" and \"-\". Rename it, or build it with sanitize().", name, kind)
}

func groupHasNo(a *hcl.Attribute) *hcl.Diagnostic {
	return errorAt("group-attribute", a.NameRange, "Not supported for groups",
		"A group has no %q: only a target can be a matrix. A target with a matrix already makes a group of its instances.", a.Name)
}

func groupNeedsTargets(b *block) *hcl.Diagnostic {
	return errorAt("missing-attribute", b.rng, "Missing required attribute",
		"A group needs the attribute \"targets\", a list of target and group names. An empty list is allowed.")
}

func nameNeedsMatrix(a *hcl.Attribute) *hcl.Diagnostic {
	return errorAt("name-without-matrix", a.NameRange, "Name without matrix",
		"The attribute \"name\" names the instances of a matrix, and this target has none. Add matrix = { ... }, or drop the name: the block's label is the target's name.")
}

func missingAttribute(kind, name string, rng hcl.Range) *hcl.Diagnostic {
	return errorAt("missing-attribute", rng, "Missing required attribute",
		"A %s block needs the attribute %q.", kind, name)
}

func notUTF8(f File) *hcl.Diagnostic {
	return errorAt("encoding", firstPlace(f), "Not UTF-8",
		"This file begins with the byte order mark of UTF-16. Save it as UTF-8: in PowerShell, write it with | Out-File -Encoding utf8NoBOM instead of >.")
}

func jsonByteOrderMark(f File) *hcl.Diagnostic {
	return errorAt("encoding", firstPlace(f), "Byte order mark before JSON",
		"This file begins with a byte order mark (the bytes EF BB BF), which JSON does not allow. Save it as UTF-8 without one.")
}

// firstPlace is the range of the first character of a file.
func firstPlace(f File) hcl.Range {
	return hcl.Range{Filename: f.Name, Start: hcl.InitialPos, End: hcl.InitialPos}
}

func repeatedBlock(b *hcl.Block, first hcl.Range) *hcl.Diagnostic {
	how := "both count, and what both say is as it is here"
	if b.Type == "variable" || b.Type == "function" {
		how = "only this one counts"
	}
	return warningAt("duplicate-key", b.LabelRanges[0], "Duplicate key",
		"There is a %s %q already in this JSON, at line %d: %s. Make one of the two.", b.Type, b.Labels[0], first.Start.Line, how)
}

func notCompose(f File) *hcl.Diagnostic {
	return errorAt("not-a-definition", firstPlace(f), "Not a definition",
		"This is YAML, and a Compose file needs the key \"services\" with a mapping of services.")
}
