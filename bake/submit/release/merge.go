package release

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	contentlocal "github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/docker/buildx/util/imagetools"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Merge makes one index of images that a repository has under their digests:
// those that several nodes built of one target. It is made as buildx makes it,
// byte for byte. A single image without annotations stays as it is. Nothing is
// pushed.
func (r *Registries) Merge(ctx context.Context, place Place, parts []ocispecs.Descriptor, annotations map[exptypes.AnnotationKey]string) ([]byte, ocispecs.Descriptor, error) {
	none := ocispecs.Descriptor{}
	dir, err := os.MkdirTemp("", "bake-merge-")
	if err != nil {
		return nil, none, err
	}
	defer os.RemoveAll(dir)
	store, err := contentlocal.NewStore(dir)
	if err != nil {
		return nil, none, err
	}
	// An index without entries: what no part names is no part of the image.
	if err := os.WriteFile(filepath.Join(dir, ocispecs.ImageIndexFile), []byte(`{"schemaVersion":2}`), 0o600); err != nil {
		return nil, none, err
	}
	layout, err := imagetools.ParseLocation("oci-layout://" + dir)
	if err != nil {
		return nil, none, err
	}
	var sources []*imagetools.Source
	for _, desc := range parts {
		if err := r.copyPart(ctx, place, desc, store); err != nil {
			return nil, none, err
		}
		sources = append(sources, &imagetools.Source{Desc: desc, Ref: layout})
	}
	data, desc, _, err := imagetools.New(imagetools.Opt{Auth: r.auth}).Combine(ctx, sources, annotations, false, nil)
	if err != nil {
		return nil, none, fmt.Errorf("merge the images of %s: %w", place.Reference, err)
	}
	return data, desc, nil
}

// copyPart copies what merging reads: the manifest and, as that does not name
// its platform, the configuration of a single image.
func (r *Registries) copyPart(ctx context.Context, place Place, desc ocispecs.Descriptor, store content.Store) error {
	data, err := r.Fetch(ctx, place, desc)
	if err != nil {
		return err
	}
	if err := content.WriteBlob(ctx, store, desc.Digest.String(), bytes.NewReader(data), desc); err != nil {
		return err
	}
	if !images.IsManifestType(desc.MediaType) {
		return nil
	}
	var manifest ocispecs.Manifest
	if err := json.Unmarshal(data, &manifest); err != nil {
		return fmt.Errorf("read %s: %w", place.Reference, err)
	}
	if data, err = r.Fetch(ctx, place, manifest.Config); err != nil {
		return err
	}
	return content.WriteBlob(ctx, store, manifest.Config.Digest.String(), bytes.NewReader(data), manifest.Config)
}
