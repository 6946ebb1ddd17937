package output

import (
	"fmt"
	"slices"
	"strings"

	"bake/bake/submit/failure"

	"github.com/moby/buildkit/client"
)

// exporters are those that the engine inside bake has.
var exporters = []string{client.ExporterImage, client.ExporterLocal, client.ExporterTar, client.ExporterOCI, client.ExporterDocker}

// CheckEmbedded finds what the engine inside bake does not have. Another engine
// may know more.
func CheckEmbedded(exports []*Export) error {
	for _, e := range exports {
		if !slices.Contains(exporters, e.Type) {
			return failure.In("output", e.Key, fmt.Errorf("there is no output type %q: known are registry, %s and cacheonly", e.Type, strings.Join(exporters, ", ")))
		}
	}
	return nil
}
