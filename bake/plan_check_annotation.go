package bake

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/containerd/platforms"
)

// annotationOption is how an output writes an annotation for one platform, as
// its option annotation-manifest[linux/arm64].KEY.
var annotationOption = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^annotation(?:-[a-z-]+)?\[([A-Za-z0-9_/-]+)\]\.`)
})

// checkBrackets reports annotations for a platform that the target does not
// build for: they would be nowhere. What a target without platforms builds for,
// and what "local" is, shows only in a build.
func (p *planner) checkBrackets(t *Target) {
	have := normalPlatforms(t.Platforms)
	if len(have) == 0 || slices.Contains(have, localPlatform) || !t.makesImage() {
		return
	}
	lost := func(i int, c *cell, platform string) {
		if _, err := platforms.Parse(platform); err == nil && !slices.Contains(have, NormalPlatform(platform)) {
			p.report(unusableValue(t, &table[i], c, lostBracket(platform, have)))
		}
	}
	if a := t.attrs.attrs[attrAnnotations]; a != nil {
		for i := range a.cells {
			for _, platform := range bracketsOf(a.cells[i].text()) {
				lost(attrAnnotations, &a.cells[i], platform)
			}
		}
	}
	if a := t.attrs.attrs[attrOutput]; a != nil {
		for i := range a.cells {
			for _, key := range slices.Sorted(maps.Keys(a.cells[i].entry.attrs)) {
				if m := annotationOption().FindStringSubmatch(key); m != nil {
					lost(attrOutput, &a.cells[i], m[1])
				}
			}
		}
	}
}

// makesImage reports whether an output of t may carry annotations. Without any
// output it depends on the builder.
func (t *Target) makesImage() bool {
	return len(t.Outputs) == 0 || slices.ContainsFunc(t.Outputs, func(o Entry) bool {
		return o.Type != "local" && o.Type != "tar" && o.Type != "cacheonly"
	})
}

// bracketsOf are the platforms in the brackets of an annotation.
func bracketsOf(annotation string) []string {
	name, _, _ := strings.Cut(annotation, "=")
	levels, _, ok := strings.Cut(name, ":")
	if !ok {
		return nil
	}
	var out []string
	for level := range strings.SplitSeq(levels, ",") {
		if m := annotationType.FindStringSubmatch(level); m != nil && m[2] != "" {
			out = append(out, m[2])
		}
	}
	return out
}

func lostBracket(platform string, have []string) error {
	return fmt.Errorf("the annotation for %s would be lost, as the target is built for %s; name one of its platforms, or leave out the brackets to annotate all", platform, list(have))
}
