package release

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/errdefs"
	"github.com/moby/buildkit/util/attestation"
	"github.com/opencontainers/go-digest"
)

// Same compares the images that the tags of a release are to point to with what
// was first pushed for them, by this run or by one that it resumes. Attestations
// do not count. The error is a *DifferentError for a tag that would get another
// image; what is gone from its registry is not compared.
func (j *Journal) Same(ctx context.Context, to *Registries, tags []*Tag) error {
	m := newMover(j, to)
	err := m.each(ctx, tags, func(ctx context.Context, t *Tag) error {
		if t.Pushed == nil || t.New == nil || t.Pushed.Digest == t.New.Digest {
			return nil
		}
		was, err := m.imagesIn(ctx, t.place(), t.Pushed)
		if errdefs.IsNotFound(err) {
			return nil
		}
		is, failure := m.imagesIn(ctx, t.place(), t.New)
		switch {
		case err != nil || failure != nil:
			return cmp.Or(err, failure)
		case !slices.Equal(is, was):
			return &DifferentError{j.record.ID, t.Reference, t.Pushed.Digest, t.New.Digest}
		}
		return nil
	})
	if err != nil {
		return m.failure(ctx, err)
	}
	return nil
}

// imagesIn are the digests of the images of an index, or that of a single image.
func (m *mover) imagesIn(ctx context.Context, place Place, image *Image) ([]digest.Digest, error) {
	if !images.IsIndexType(image.MediaType) {
		return []digest.Digest{image.Digest}, nil
	}
	children, err := m.children(ctx, place, image.descriptor())
	if err != nil {
		return nil, err
	}
	var out []digest.Digest
	for _, child := range children {
		if child.Annotations[attestation.DockerAnnotationReferenceType] == "" { // attestations hold times
			out = append(out, child.Digest)
		}
	}
	return out, nil
}

// DifferentError says that a release that is resumed has become another one.
type DifferentError struct {
	ID      string // of the release
	Tag     string
	Was, Is digest.Digest
}

func (e *DifferentError) Error() string {
	return fmt.Sprintf("the image of the tag %s is %s now, and %s had been pushed for it before the release was interrupted", e.Tag, e.Is, e.Was)
}

// Hint is what to do about it.
func (e *DifferentError) Hint() string {
	return fmt.Sprintf("What it is built of has changed since, or it comes out as another image each time. With the files of that time, `bake --resume=%s` goes on. "+
		"To release what there is now, run the command without --resume: that begins a release of its own.", e.ID)
}
