package bake

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// optionKind is what the value of an option of an output has to be.
type optionKind int

const (
	boolean optionKind = iota + 1
	integer
)

// imageOptions and fileOptions are the options of outputs whose values can be
// checked. An engine refuses a wrong one, too, but it takes its time, and does
// not say where it is written. Other options are the engine's business.
var (
	imageOptions = map[string]optionKind{
		"push": boolean, "push-by-digest": boolean, "registry.insecure": boolean, "unpack": boolean, "store": boolean,
		"name-canonical": boolean, "oci-mediatypes": boolean, "oci-artifact": boolean, "force-compression": boolean,
		"attestation-inline": boolean, "prefer-nondist-layers": boolean, "rewrite-timestamp": boolean,
		"compression-level": integer, "source-date-epoch": integer,
	}
	fileOptions = map[string]optionKind{"platform-split": boolean, "source-date-epoch": integer}

	compressions = []string{"estargz", "gzip", "uncompressed", "zstd"}
)

// checkOptions finds options of an output with values that no engine takes.
func checkOptions(output map[string]string) error {
	files := output["type"] == "local" || output["type"] == "tar"
	known := imageOptions
	if files {
		known = fileOptions
	}
	for _, key := range slices.Sorted(maps.Keys(output)) {
		value := output[key]
		if files && key == "src" && value == "" {
			return errors.New("src has no value; leave it out to export everything")
		}
		if value == "" {
			continue // means true, or nothing
		}
		switch known[key] {
		case boolean:
			if _, err := strconv.ParseBool(value); err != nil {
				return fmt.Errorf("%s=%s: the option of an output has to be true or false", key, value)
			}
		case integer:
			if _, err := strconv.ParseInt(value, 10, 64); err != nil {
				return fmt.Errorf("%s=%s: the option of an output has to be a whole number", key, value)
			}
		}
	}
	if files {
		return nil
	}
	if c := output["compression"]; c != "" && !slices.Contains(compressions, c) {
		return fmt.Errorf("there is no compression %q; known are %s.%s", c, list(compressions), didYouMean(strings.ToLower(c), compressions))
	}
	return checkMediaTypes(output)
}

// checkMediaTypes finds options that need the media types of OCI, if these are
// switched off.
func checkMediaTypes(output map[string]string) error {
	if oci, err := strconv.ParseBool(output["oci-mediatypes"]); err != nil || oci {
		return nil
	}
	if output["compression"] == "estargz" {
		return errors.New("compression=estargz needs the media types of OCI, which oci-mediatypes=false switches off")
	}
	if artifact, _ := strconv.ParseBool(output["oci-artifact"]); artifact {
		return errors.New("oci-artifact=true needs the media types of OCI, which oci-mediatypes=false switches off")
	}
	return nil
}

// faultChecks are the checks of single cells, by attribute.
var faultChecks = [...]func(*cell) error{
	attrNetwork:    checkNetwork,
	attrExtraHosts: checkHost,
	attrAttest:     checkAttest,
}

// wrongValues are values of attributes that say how a target is built.
func (t *Target) wrongValues() []fault {
	var faults []fault
	for row, check := range faultChecks {
		a := t.attrs.attrs[row]
		for i := 0; check != nil && a != nil && i < len(a.cells); i++ {
			if err := check(&a.cells[i]); err != nil {
				faults = append(faults, fault{row: row, cell: &a.cells[i], err: err})
			}
		}
	}
	return faults
}

var networkModes = []string{"default", "host", "none"}

func checkNetwork(c *cell) error {
	if mode := c.text(); mode != "" && !slices.Contains(networkModes, mode) {
		return fmt.Errorf("there is no network mode %q in a build; known are %s.%s", mode, list(networkModes), didYouMean(mode, networkModes))
	}
	return nil
}

func checkHost(c *cell) error {
	if c.key == "" {
		return errors.New("a host needs a name")
	}
	if c.text() == "host-gateway" {
		return nil
	}
	for text := range strings.SplitSeq(c.text(), ",") {
		if len(text) > 2 && text[0] == '[' && text[len(text)-1] == ']' {
			text = text[1 : len(text)-1]
		}
		if ip, err := netip.ParseAddr(text); err != nil || ip.Zone() != "" {
			return fmt.Errorf("the address of host %s, %q, is not an IP address; a host has one or several with commas between, or host-gateway", c.key, text)
		}
	}
	return nil
}

var attestations = []string{"provenance", "sbom"}

func checkAttest(c *cell) error {
	if typ := c.entry.attrs["type"]; !slices.Contains(attestations, typ) {
		return fmt.Errorf("there is no attestation of type %q; known are %s.%s", typ, list(attestations), didYouMean(typ, attestations))
	}
	return nil
}
