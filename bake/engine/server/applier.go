//go:build linux

package server

import (
	"context"
	"fmt"
	"io"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/diff"
	"github.com/containerd/containerd/v2/core/diff/apply"
	"github.com/containerd/containerd/v2/core/mount"
	"github.com/containerd/containerd/v2/pkg/archive"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// newApplier unpacks image layers. Where only one id exists, everything is made
// to belong to it, since an image with files of any other owner, and that is
// nearly every one, could not be unpacked at all.
func newApplier(store content.Provider, singleID bool) diff.Applier {
	if !singleID {
		return apply.NewFileSystemApplier(store)
	}
	return &ownApplier{store: store}
}

// ownApplier is a diff.Applier that ignores the owners of files.
type ownApplier struct{ store content.Provider }

// Apply implements diff.Applier.
func (a *ownApplier) Apply(ctx context.Context, desc ocispecs.Descriptor, mounts []mount.Mount, opts ...diff.ApplyOpt) (ocispecs.Descriptor, error) {
	var none ocispecs.Descriptor
	var config diff.ApplyConfig
	for _, o := range opts {
		if err := o(ctx, desc, &config); err != nil {
			return none, fmt.Errorf("cannot unpack layer %s: %w", desc.Digest, err)
		}
	}
	blob, err := a.store.ReaderAt(ctx, desc)
	if err != nil {
		return none, fmt.Errorf("cannot read layer %s: %w", desc.Digest, err)
	}
	defer blob.Close()
	layer, err := decompress(ctx, desc.MediaType, io.NopCloser(content.NewReader(blob)), config)
	if err != nil {
		return none, fmt.Errorf("cannot decompress layer %s: %w", desc.Digest, err)
	}
	defer layer.Close()
	sum := digest.Canonical.Digester()
	counted := &countingReader{r: io.TeeReader(layer, sum.Hash())}
	err = mount.WithTempMount(ctx, mounts, func(root string) error {
		if _, err := archive.Apply(ctx, root, counted, archive.WithNoSameOwner()); err != nil {
			return err
		}
		_, err := io.Copy(io.Discard, counted) // padding after the archive's end counts for the digest
		return err
	})
	if err != nil {
		return none, fmt.Errorf("cannot unpack layer %s: %w", desc.Digest, err)
	}
	if failed, ok := layer.(interface{ Err() error }); ok && failed.Err() != nil {
		return none, fmt.Errorf("cannot decompress layer %s: %w", desc.Digest, failed.Err())
	}
	return ocispecs.Descriptor{MediaType: ocispecs.MediaTypeImageLayer, Size: counted.n, Digest: sum.Digest()}, nil
}

// decompress chains the stream processors that lead from mediaType to a plain
// archive.
func decompress(ctx context.Context, mediaType string, r io.ReadCloser, config diff.ApplyConfig) (diff.StreamProcessor, error) {
	p := diff.NewProcessorChain(mediaType, r)
	for {
		next, err := diff.GetProcessor(ctx, p, config.ProcessorPayloads)
		if err != nil {
			return nil, err
		}
		if p = next; p.MediaType() == ocispecs.MediaTypeImageLayer {
			return p, nil
		}
	}
}

type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
