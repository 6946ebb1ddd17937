package output

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"bake/bake/submit/failure"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	commonexptypes "github.com/moby/buildkit/exporter/exptypes"
)

// optionKind is what the value of an exporter's option has to be.
type optionKind int

const (
	boolean optionKind = iota + 1
	integer
)

// imageOptions and fileOptions are the options of exporters whose values can be
// checked. An engine refuses a wrong one, too, but it takes its time, and does
// not say where it is written. Other options are the engine's business.
var (
	imageOptions = map[string]optionKind{
		string(exptypes.OptKeyPush):                    boolean,
		string(exptypes.OptKeyPushByDigest):            boolean,
		string(exptypes.OptKeyInsecure):                boolean,
		string(exptypes.OptKeyUnpack):                  boolean,
		string(exptypes.OptKeyStore):                   boolean,
		string(exptypes.OptKeyNameCanonical):           boolean,
		string(exptypes.OptKeyOCITypes):                boolean,
		string(exptypes.OptKeyOCIArtifact):             boolean,
		string(exptypes.OptKeyForceCompression):        boolean,
		string(exptypes.OptKeyForceInlineAttestations): boolean,
		string(exptypes.OptKeyPreferNondistLayers):     boolean,
		string(exptypes.OptKeyRewriteTimestamp):        boolean,
		string(exptypes.OptKeyCompressionLevel):        integer,
		string(commonexptypes.OptKeySourceDateEpoch):   integer,
	}
	fileOptions = map[string]optionKind{
		"platform-split": boolean,
		string(commonexptypes.OptKeySourceDateEpoch): integer,
	}
)

// checkOptions finds values that no engine takes.
func checkOptions(e *Export) error {
	known := imageOptions
	if e.Files() {
		known = fileOptions
	}
	for _, key := range slices.Sorted(maps.Keys(e.Attrs)) {
		value := e.Attrs[key]
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
	if e.Files() {
		return nil
	}
	return checkMediaTypes(e)
}

// checkMediaTypes finds options that need the media types of OCI, if these are
// switched off.
func checkMediaTypes(e *Export) error {
	if oci, err := strconv.ParseBool(e.Attrs[string(exptypes.OptKeyOCITypes)]); err != nil || oci {
		return nil
	}
	if e.Attrs[string(exptypes.OptKeyLayerCompression)] == "estargz" {
		return fmt.Errorf("compression=estargz needs the media types of OCI, which oci-mediatypes=false switches off")
	}
	if artifact, _ := strconv.ParseBool(e.Attrs[string(exptypes.OptKeyOCIArtifact)]); artifact {
		return fmt.Errorf("oci-artifact=true needs the media types of OCI, which oci-mediatypes=false switches off")
	}
	return nil
}

// exporters and compressions are what the engine inside bake has.
var (
	exporters    = []string{client.ExporterImage, client.ExporterLocal, client.ExporterTar, client.ExporterOCI, client.ExporterDocker}
	compressions = []string{"uncompressed", "gzip", "estargz", "zstd"}
)

// CheckEmbedded finds what the engine inside bake does not have. Another engine
// may know more.
func CheckEmbedded(exports []*Export) error {
	for _, e := range exports {
		if !slices.Contains(exporters, e.Type) {
			return failure.In("output", e.Key, fmt.Errorf("there is no output type %q: known are registry, %s and cacheonly", e.Type, strings.Join(exporters, ", ")))
		}
		if c := e.Attrs[string(exptypes.OptKeyLayerCompression)]; c != "" && !slices.Contains(compressions, c) {
			return failure.In("output", e.Key, fmt.Errorf("there is no compression %q: known are %s", c, strings.Join(compressions, ", ")))
		}
	}
	return nil
}
