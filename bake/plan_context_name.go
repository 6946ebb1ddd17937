package bake

import (
	"fmt"
	"strings"

	"github.com/distribution/reference"
	"github.com/hashicorp/hcl/v2"
)

// platformMark stands in the name of a named context before the only platform
// that it is for.
const platformMark = "::"

// ContextName is the name under which a Dockerfile finds a named context, of the
// several that the key in a definition may have: the familiar name of an image
// without the tag latest. The keys img:latest and docker.io/library/img are the
// context img. A key that names nothing that stands in a Dockerfile stays as it is.
func ContextName(key string) string {
	name, platform, one := strings.Cut(key, platformMark)
	if ref, err := reference.ParseNormalizedNamed(name); err == nil {
		name = strings.TrimSuffix(reference.FamiliarString(ref), ":latest")
	}
	if one {
		name += platformMark + NormalPlatform(platform)
	}
	return name
}

// checkContextNames reports named contexts that take each other's place, and
// those that no Dockerfile can name.
func (p *planner) checkContextNames(a *attr) {
	first := map[string]*cell{}
	for i := range a.cells {
		c := &a.cells[i]
		if why := unreachable(c.key); why != "" {
			p.report(uselessContext(c, why))
		}
		name := ContextName(c.key)
		switch other := first[name]; {
		case other == nil:
			first[name] = c
		case other.text() == c.text():
			p.report(repeatedContext(other, c, name))
		default:
			p.report(sameContext(other, c, name))
		}
	}
}

// unreachable says why no Dockerfile can name a context of this key, and what
// to do about it. It is empty if one can.
func unreachable(key string) string {
	name, _, _ := strings.Cut(key, platformMark)
	switch {
	case strings.EqualFold(name, "scratch"):
		return "cannot be used: scratch is always the empty image. Give the context a name of its own, and use that in the Dockerfile"
	case name != "" && strings.Trim(name, "0123456789") == "":
		return fmt.Sprintf("is not what COPY --from=%s reads: a number is the position of a stage. Give the context a name, and use that in the Dockerfile", name)
	}
	_, err := reference.ParseNormalizedNamed(name)
	if err == nil {
		return ""
	}
	if lower := strings.ToLower(name); lower != name {
		if _, err := reference.ParseNormalizedNamed(lower); err == nil {
			return fmt.Sprintf("cannot be used: stages and images are looked up by their names in lower case, however the Dockerfile writes them. Write %q", lower)
		}
	}
	return "cannot be used: it is neither the name of a stage nor that of an image. Use lower-case letters, digits, \".\", \"_\" and \"-\""
}

func uselessContext(c *cell, why string) *hcl.Diagnostic {
	rng := c.keyRange()
	return warningAt(ofValue("useless-context", rng), rng, "Named context that is never used", "The named context %q%s %s.", c.key, c.from(), why)
}

// sameContext is an error about two contexts that cannot both be used. It points
// at the one that stands in a file, if only one does.
func sameContext(first, second *cell, name string) *hcl.Diagnostic {
	rng := pointAt(first, second)
	return errorAt(ofValue("same-context", rng), rng, "Two named contexts of one name",
		"The named contexts %q (%s) and %q (%s) are both %q in a Dockerfile, and have different values. Keep one of them.",
		first.key, first.place(), second.key, second.place(), name)
}

func repeatedContext(first, second *cell, name string) *hcl.Diagnostic {
	rng := pointAt(first, second)
	return warningAt(ofValue("same-context", rng), rng, "Named context given twice",
		"The named contexts %q (%s) and %q (%s) are both %q in a Dockerfile. Keep one of them.",
		first.key, first.place(), second.key, second.place(), name)
}

func pointAt(first, second *cell) hcl.Range {
	if rng := second.keyRange(); rng.Filename != "" {
		return rng
	}
	return first.keyRange()
}

// place is where the key of a cell is written, for use inside a sentence.
func (c *cell) place() string {
	if rng := c.keyRange(); rng.Filename != "" || c.src == nil || c.src.flag == "" {
		return at(rng)
	}
	return c.src.flag
}
