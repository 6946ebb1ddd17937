package bake

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Faults reports what no builder could build or export: names that are none,
// outputs that do not exist, options with values that none has, and outputs that
// cannot hold what is built. env tells whether images get provenance by default.
//
// They are errors if the plan is to be built. Of a plan that is only looked at,
// those that depend on a variable are warnings: what is missing may be set where
// it is built.
func (p *Plan) Faults(env Env, built bool) hcl.Diagnostics {
	off, _ := strconv.ParseBool(env["BUILDX_NO_DEFAULT_ATTESTATIONS"])
	var diags hcl.Diagnostics
	for _, t := range p.Targets {
		if asks, err := t.Asks(); asks != "" || err != nil {
			continue // nothing is exported
		}
		for _, f := range slices.Concat(t.wrongTags(), t.wrongOutputs(!off), t.wrongValues()) {
			d := unusableValue(t, &table[f.row], f.cell, f.err)
			if !built && t.mayChange(f) {
				d.Severity = hcl.DiagWarning
			}
			diags = append(diags, d)
		}
	}
	return sortDiagnostics(diags)
}

// fault is a value that nothing can be done with.
type fault struct {
	row  int // of the attribute that it is in
	cell *cell
	err  error
	with []int // attributes without which it would do
}

// mayChange reports whether a fault is gone when variables have other values.
func (t *Target) mayChange(f fault) bool {
	if t.readsVariable(f.row, f.cell) {
		return true
	}
	for _, row := range f.with {
		a := t.attrs.attrs[row]
		for i := 0; a != nil && i < len(a.cells); i++ {
			if t.readsVariable(row, &a.cells[i]) {
				return true
			}
		}
	}
	return false
}

// readsVariable reports whether the value of a cell comes from a variable.
func (t *Target) readsVariable(row int, c *cell) bool {
	b := originBuilder{config: t.attrs.config, target: t.Name, row: &table[row]}
	o := b.of(c.src, c)
	return o.readsVariable() || o.Kind == KindCompose && t.attrs.config.interpolates(o.Range)
}

func (o *Origin) readsVariable() bool {
	for _, from := range o.From {
		switch from.Kind {
		case KindMatrix, KindFunction, KindInherited, KindAttribute, KindDefault:
			if from.readsVariable() {
				return true
			}
		default:
			return true
		}
	}
	return false
}

// interpolates reports whether a place in a Compose file has a variable in it.
func (c *Config) interpolates(rng hcl.Range) bool {
	for _, f := range c.def.files {
		if f.Name == rng.Filename && rng.CanSliceBytes(f.Data) {
			return strings.Contains(string(rng.SliceBytes(f.Data)), "$")
		}
	}
	return true // of a file that another includes
}

// outputTypes are the types of outputs, and what people call them elsewhere.
var (
	outputTypes  = []string{"cacheonly", "docker", "image", "local", "oci", "registry", "tar"}
	outputOthers = map[string]string{
		"dir": "local", "directory": "local", "folder": "local", "file": "tar", "archive": "tar", "push": "registry",
		"load": "docker", "daemon": "docker", "cache": "cacheonly", "none": "cacheonly",
	}
)

// mobyOutput is what Docker's own BuildKit calls its store of images.
const mobyOutput = "moby"

func (t *Target) wrongOutputs(provenance bool) []fault {
	a := t.attrs.attrs[attrOutput]
	if a == nil {
		return nil
	}
	var faults []fault
	for i := range a.cells {
		c := &a.cells[i]
		err := checkOutputType(c.entry.attrs["type"])
		if err == nil {
			err = checkOptions(c.entry.attrs)
		}
		if err != nil {
			faults = append(faults, fault{row: attrOutput, cell: c, err: err})
		} else if err = t.checkIndex(c.entry.attrs, provenance); err != nil {
			faults = append(faults, fault{attrOutput, c, err, []int{attrPlatforms, attrAttest, attrAnnotations, attrArgs}})
		}
	}
	return faults
}

func checkOutputType(typ string) error {
	if slices.Contains(outputTypes, typ) || typ == mobyOutput {
		return nil
	}
	hint := didYouMean(strings.ToLower(typ), outputTypes)
	meant := outputOthers[strings.ToLower(typ)]
	if slices.Contains(outputTypes, strings.ToLower(typ)) {
		meant = strings.ToLower(typ)
	}
	if meant != "" {
		hint = fmt.Sprintf(" Did you mean %q?", meant)
	}
	return fmt.Errorf("there is no output type %q; known are %s.%s", typ, list(outputTypes), hint)
}

// checkIndex reports an output that can hold one image only where an index is
// built, and one that makes no index where one is annotated.
func (t *Target) checkIndex(output map[string]string, provenance bool) error {
	why := t.severalImages()
	attested := t.Attested()
	if attested != "" {
		why = "the attestation " + attested
	}
	typ := output["type"]
	if typ == "docker" && output["dest"] != "" && why != "" {
		return fmt.Errorf("a file of type docker holds one image, and %s makes an index; write type=oci,dest=%s instead", why, output["dest"])
	}
	switch inline, _ := strconv.ParseBool(output["attestation-inline"]); {
	case why != "" || !t.annotatesIndex(output):
		return nil
	case typ == "oci" && !inline, typ == "docker" && output["dest"] != "":
	case typ == "image" || typ == "registry":
		if provenance && !t.declines("provenance") {
			return nil
		}
	default:
		return nil
	}
	if typ == "docker" {
		return errors.New("an annotation of the index has no place, as a file of type docker has none; annotate the manifest instead (without index:)")
	}
	return errors.New("an annotation of the index has no place, as one platform without attestations makes no index; annotate the manifest instead (without index:), build for several platforms, or add attest = [\"type=provenance\"]")
}

// severalImages says why the result of t is more than one image, empty if it is one.
func (t *Target) severalImages() string {
	if have := normalPlatforms(t.Platforms); len(have) > 1 && !slices.Contains(have, localPlatform) || len(have) > 2 {
		return fmt.Sprintf("building for %s", list(have))
	}
	if on, _ := strconv.ParseBool(t.Args["BUILDKIT_MULTI_PLATFORM"]); on {
		return "the argument BUILDKIT_MULTI_PLATFORM"
	}
	return ""
}

// Attested is the type of an attestation that t asks for, empty if there is none.
func (t *Target) Attested() string {
	for _, a := range t.Attest {
		if !a.Disabled() {
			return a.Type
		}
	}
	return ""
}

// declines reports whether t wants no attestation of a type.
func (t *Target) declines(typ string) bool {
	return slices.ContainsFunc(t.Attest, func(a Entry) bool { return a.Type == typ && a.Disabled() })
}

// annotatesIndex reports whether the index of an output is annotated, by the
// target or by the output.
func (t *Target) annotatesIndex(output map[string]string) bool {
	for _, text := range t.Annotations {
		name, _, _ := strings.Cut(text, "=")
		if levels, _, ok := strings.Cut(name, ":"); ok && slices.ContainsFunc(strings.Split(levels, ","), isIndexLevel) {
			return true
		}
	}
	for key := range output {
		if level, _, ok := strings.Cut(strings.TrimPrefix(key, "annotation-"), "."); ok && strings.HasPrefix(key, "annotation-") && isIndexLevel(level) {
			return true
		}
	}
	return false
}

func isIndexLevel(level string) bool {
	level, _, _ = strings.Cut(level, "[")
	return level == "index" || level == "index-descriptor"
}
