package input

import (
	"context"
	"encoding/json"

	"bake/bake/dockerfile"
	"bake/bake/submit/host"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/platforms"
	"github.com/docker/buildx/util/ocilayout"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// LayoutConfig is the configuration of the image of a platform in an OCI layout on
// this machine, which value names as in a definition. It fails if there is none, and
// where the layout may not be read.
func LayoutConfig(ctx context.Context, value string, p ocispecs.Platform, at *host.Caller) (*dockerfile.Config, error) {
	ref, _, err := ocilayout.Parse(value)
	if err != nil {
		return nil, err
	}
	where := at.Place(ref.Path)
	if ref.Digest == "" {
		if ref.Digest, err = layoutDigest(where, ref.Tag); err != nil {
			return nil, err
		}
	}
	blobs := &layout{dir: where, at: at} // no store, which would make a directory there
	desc := ocispecs.Descriptor{Digest: ref.Digest, MediaType: ocispecs.MediaTypeImageIndex}
	if desc.MediaType, err = mediaType(ctx, blobs, desc); err != nil {
		return nil, err
	}
	found, err := images.Config(ctx, blobs, desc, platforms.Only(p))
	if err != nil {
		return nil, err
	}
	return readConfig(ctx, blobs, found)
}

// mediaType is what a manifest or index says that it is.
func mediaType(ctx context.Context, blobs content.Provider, desc ocispecs.Descriptor) (string, error) {
	text, err := content.ReadBlob(ctx, blobs, desc)
	if err != nil {
		return "", err
	}
	var said struct {
		MediaType string            `json:"mediaType"`
		Manifests []json.RawMessage `json:"manifests"`
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return "", err
	}
	switch {
	case said.MediaType != "":
		return said.MediaType, nil
	case said.Manifests != nil:
		return ocispecs.MediaTypeImageIndex, nil
	}
	return ocispecs.MediaTypeImageManifest, nil
}

// readConfig reads what of the configuration of an image a Dockerfile can see.
func readConfig(ctx context.Context, blobs content.Provider, desc ocispecs.Descriptor) (*dockerfile.Config, error) {
	text, err := content.ReadBlob(ctx, blobs, desc)
	if err != nil {
		return nil, err
	}
	var image struct {
		Config struct {
			Env        []string `json:"Env"`
			OnBuild    []string `json:"OnBuild"`
			WorkingDir string   `json:"WorkingDir"`
		} `json:"config"`
		RootFS ocispecs.RootFS `json:"rootfs"`
	}
	if err := json.Unmarshal(text, &image); err != nil {
		return nil, err
	}
	return &dockerfile.Config{
		Env: image.Config.Env, OnBuild: image.Config.OnBuild, Dir: image.Config.WorkingDir, Empty: len(image.RootFS.DiffIDs) == 0,
	}, nil
}
