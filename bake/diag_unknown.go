package bake

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

func unknownBlock(b *hclsyntax.Block, known []string) *hcl.Diagnostic {
	return warningAt("unknown-block", b.TypeRange, "Unknown block type",
		"There is no block type %q, so this block has no effect. Known types are target, group, variable and function; other values are plain attributes (NAME = VALUE).%s",
		b.Type, didYouMean(b.Type, known))
}

func unexpectedBlock(b *hclsyntax.Block, kind string, known []string) *hcl.Diagnostic {
	if slices.Contains(known, b.Type) {
		return warningAt("unexpected-block", b.TypeRange, "Block instead of attribute",
			"%q is an attribute of a %s, not a block, so this block has no effect. Write it with an equals sign: %s = { ... }.", b.Type, kind, b.Type)
	}
	return warningAt("unexpected-block", b.TypeRange, "Unexpected block",
		"A %s has no block %q, so it has no effect.%s", kind, b.Type, didYouMean(b.Type, known))
}

func unknownAttribute(a *hcl.Attribute, kind string, known []string) *hcl.Diagnostic {
	hint := didYouMean(a.Name, known)
	if hint == "" {
		if s, ok := commonMistakes[a.Name]; ok && slices.Contains(known, s) {
			hint = " Did you mean \"" + s + "\"?"
		}
	}
	return warningAt("unknown-attribute", a.NameRange, "Unknown attribute",
		"A %s has no attribute %q, so this line has no effect.%s", kind, a.Name, hint)
}

// commonMistakes are names from neighbouring tools that are too far from ours
// for the edit distance.
var commonMistakes = map[string]string{
	"build-args":          "args",
	"build_args":          "args",
	"additional_contexts": "contexts",
	"build-contexts":      "contexts",
	"file":                "dockerfile",
	"image":               "tags",
	"depends_on":          "contexts",
	"extends":             "inherits",
	"stage":               "target",
	"environment":         "args",
	"cache_from":          "cache-from",
	"cache_to":            "cache-to",
	"attestations":        "attest",
	"provenance":          "attest",
	"sbom":                "attest",
	"platform":            "platforms",
	"dest":                "output",
}
