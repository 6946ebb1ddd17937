package build

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/content/proxy"
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

// readManifests lists the images of an index. The engine keeps an index for as
// long as it keeps the record of the build; without it nothing is listed. An
// error is that of an engine that went away.
func (r *run) readManifests(ctx context.Context, q *request, image *ocispecs.Descriptor) ([]Manifest, error) {
	if image == nil || !isIndex(image.MediaType) || !r.opt.Metadata {
		return nil, nil
	}
	if known, err := q.node.keepsRecords(ctx); err != nil || !known {
		return nil, err
	}
	data, err := content.ReadBlob(ctx, proxy.NewContentStore(q.node.client.ContentClient()), *image)
	if err = lostConnection(q.node, err); Lost(err) {
		return nil, err
	}
	if err != nil {
		return nil, nil
	}
	return indexManifests(data), nil
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

// builtPlatforms are those of the result: those that were asked for, else what
// the image says.
func builtPlatforms(q *request, image *ocispecs.Descriptor) []string {
	var out []string
	for _, p := range q.platforms {
		out = appendNew(out, platforms.FormatAll(p))
	}
	for _, m := range q.of.manifests {
		out = appendNew(out, m.Platform)
	}
	if len(out) == 0 && image != nil && image.Platform != nil {
		out = append(out, platforms.FormatAll(*image.Platform))
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
