package bake

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/containerd/platforms"
	"github.com/docker/go-units"
	"github.com/hashicorp/hcl/v2"
)

// checkValues reports values of a planned target that no build could use, at
// the place where they are written.
func (p *planner) checkValues(t *Target) {
	attrs := t.attrs.attrs
	for i, check := range valueChecks {
		a := attrs[i]
		if a == nil || check == nil {
			continue
		}
		for j := range a.cells {
			c := &a.cells[j]
			if err := check(c); err != nil {
				p.report(unusableValue(t, &table[i], c, err))
			}
		}
	}
	if a := attrs[attrPlatforms]; a != nil {
		p.checkPlatformNames(a)
	}
	if a := attrs[attrContexts]; a != nil {
		p.checkContextNames(a)
	}
	p.checkBrackets(t)
	if o := attrs[attrOutput]; o != nil {
		if err := checkStdout(o); err != nil {
			p.report(unusableValue(t, &table[attrOutput], &o.cells[len(o.cells)-1], err))
		}
	}
}

// valueChecks are the checks of single cells, by attribute.
var valueChecks = [...]func(*cell) error{
	attrAnnotations: checkAnnotation,
	attrCacheFrom:   checkCacheFrom,
	attrCacheTo:     checkCacheTo,
	attrPlatforms:   checkPlatforms,
	attrOutput:      checkOutput,
	attrShmSize:     checkSize,
	attrUlimits:     checkUlimit,
	attrResources:   checkResource,
	attrSecret:      checkSecret,
}

func unusableValue(t *Target, row *attribute, c *cell, err error) *hcl.Diagnostic {
	rng := c.rng()
	return errorAt(ofValue("unusable-value", rng), rng, "Unusable value", "Attribute %s of target %q%s: %s.", row.name, t.Name, c.from(), err)
}

// ofValue is the identity of a diagnostic about a value: one of its own for
// values that stand in no file.
func ofValue(id diagID, rng hcl.Range) diagID {
	if rng.Filename == "" {
		return "bad-override"
	}
	return id
}

// from tells where a value comes from that stands in no file: the flag, in
// parentheses.
func (c *cell) from() string {
	if c.rng().Filename != "" || c.src == nil || c.src.flag == "" {
		return ""
	}
	return fmt.Sprintf(" (from %s)", c.src.flag)
}

// checkPlatforms accepts what buildx does: several platforms in one string,
// "local", and OS[/ARCH[/VARIANT]].
func checkPlatforms(c *cell) error {
	for _, s := range strings.Split(c.text(), ",") {
		if strings.EqualFold(s, "local") {
			continue
		}
		if _, err := platforms.Parse(s); err != nil {
			return fmt.Errorf("%q is not a platform; write OS/ARCH[/VARIANT], as in linux/arm64, or local", s)
		}
	}
	return nil
}

func checkSize(c *cell) error {
	if _, err := units.RAMInBytes(c.text()); err != nil {
		return fmt.Errorf("%q is not a size; write a number with an optional unit b, k, m or g, as in 128m", c.text())
	}
	return nil
}

func checkResource(c *cell) error {
	switch c.key {
	case "memory-swap":
		if c.text() == "-1" {
			return nil
		}
		fallthrough
	case "memory":
		if err := checkSize(c); err != nil {
			return fmt.Errorf("%s: %w", c.key, err)
		}
	}
	return nil
}

func checkUlimit(c *cell) error {
	if _, err := units.ParseUlimit(c.text()); err != nil {
		return fmt.Errorf("%q is not a limit of the form NAME=SOFT[:HARD], as in nofile=1024:2048: %w", c.text(), err)
	}
	return nil
}

func checkSecret(c *cell) error {
	if c.entry.attrs["id"] == "" {
		return fmt.Errorf("a secret needs an id, as in id=token,env=TOKEN")
	}
	return nil
}

var (
	annotationType  = regexp.MustCompile(`^([a-z-]+)(?:\[([A-Za-z0-9_/-]+)\])?$`)
	annotationTypes = []string{"manifest", "index", "manifest-descriptor", "index-descriptor"}
)

// checkAnnotation accepts [TYPE[[PLATFORM]],...:]KEY=VALUE.
func checkAnnotation(c *cell) error {
	left, _, ok := strings.Cut(c.text(), "=")
	if !ok {
		return fmt.Errorf("%q is not of the form KEY=VALUE", c.text())
	}
	types, _, ok := strings.Cut(left, ":")
	if !ok {
		return nil
	}
	for _, s := range strings.Split(types, ",") {
		m := annotationType.FindStringSubmatch(s)
		if m == nil {
			return fmt.Errorf("%q is not an annotation type with an optional platform, as in manifest[linux/amd64]", s)
		}
		if !slices.Contains(annotationTypes, m[1]) {
			return fmt.Errorf("there is no annotation type %q; known are %s.%s", m[1], list(annotationTypes), didYouMean(m[1], annotationTypes))
		}
		if m[2] == "" {
			continue
		}
		if _, err := platforms.Parse(m[2]); err != nil {
			return fmt.Errorf("%q is not a platform", m[2])
		}
	}
	return nil
}

// checkOutput knows which outputs need a place to go to.
func checkOutput(c *cell) error {
	m := c.entry.attrs
	dest := m["dest"]
	if !outputIsDir(m) {
		return nil
	}
	switch dest {
	case "":
		return fmt.Errorf("an output of type %s needs a dest, the directory to write", m["type"])
	case "-":
		return fmt.Errorf("an output of type %s is a directory and cannot go to standard output", m["type"])
	}
	return nil
}

func outputIsDir(m map[string]string) bool {
	switch m["type"] {
	case "local":
		return true
	case "oci", "docker":
		asTar, err := strconv.ParseBool(m["tar"])
		return err == nil && !asTar
	}
	return false
}

// checkStdout refuses two outputs of one target on standard output.
func checkStdout(a *attr) error {
	n := 0
	for _, c := range a.cells {
		m := c.entry.attrs
		if outputIsDir(m) {
			continue
		}
		switch m["type"] {
		case "tar", "oci":
			if m["dest"] == "" || m["dest"] == "-" {
				n++
			}
		case "docker":
			if m["dest"] == "-" {
				n++
			}
		}
	}
	if n > 1 {
		return fmt.Errorf("%d outputs go to standard output, which can take one; give the others a dest", n)
	}
	return nil
}
