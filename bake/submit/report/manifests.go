package report

import (
	"encoding/base64"
	"encoding/json"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	"github.com/moby/buildkit/util/attestation"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// ImageOf is the descriptor in the response of an exporter, nil if it made no
// image.
func ImageOf(response map[string]string) *ocispecs.Descriptor {
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

// IndexManifests are the images of an index, without their attestations.
func IndexManifests(data []byte) []Manifest {
	var index ocispecs.Index
	if json.Unmarshal(data, &index) != nil {
		return nil
	}
	var out []Manifest
	for _, m := range index.Manifests {
		if m.Platform != nil && m.Annotations[attestation.DockerAnnotationReferenceType] == "" {
			out = append(out, Manifest{Platform: platforms.FormatAll(*m.Platform), Digest: m.Digest.String()})
		}
	}
	return out
}
