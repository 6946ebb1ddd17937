package build

import (
	"encoding/base64"
	"encoding/json"
	"slices"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// imageOf is the descriptor in the response of an exporter, nil if it made no
// image.
func imageOf(response map[string]string) *ocispecs.Descriptor {
	data, err := base64.StdEncoding.DecodeString(response[exptypes.ExporterImageDescriptorKey])
	if err != nil || len(data) == 0 {
		return nil
	}
	desc := &ocispecs.Descriptor{}
	if json.Unmarshal(data, desc) != nil {
		return nil
	}
	return desc
}

func isIndex(mediaType string) bool {
	return mediaType == ocispecs.MediaTypeImageIndex || mediaType == "application/vnd.docker.distribution.manifest.list.v2+json"
}

// indexManifests are the images of an index, without their attestations.
func indexManifests(data []byte) []Manifest {
	var index ocispecs.Index
	if json.Unmarshal(data, &index) != nil {
		return nil
	}
	var out []Manifest
	for _, m := range index.Manifests {
		if m.Platform != nil && m.Annotations["vnd.docker.reference.type"] == "" {
			out = append(out, Manifest{Platform: platforms.FormatAll(*m.Platform), Digest: m.Digest.String()})
		}
	}
	return out
}

// appendNew appends what is not in the list yet.
func appendNew(list []string, more ...string) []string {
	for _, text := range more {
		if !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list
}
