package release

import (
	"context"
	"errors"
	"fmt"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Resume moves the tags of a release that was interrupted, or put back, to its
// new images. It moves none if one points to a third image: somebody else has
// moved it since. If it fails, what has moved stays so, and so does the journal.
func (j *Journal) Resume(ctx context.Context, to *Registries) error {
	if j.record.Phase == Pushing {
		return errors.New("not all images were pushed")
	}
	return j.again(ctx, to, func(m *mover, tags []*Tag) error {
		if err := m.fetch(ctx, tags, func(t *Tag) []*Image { return []*Image{t.New} }); err != nil {
			return err
		}
		return m.forward(ctx, tags)
	})
}

// Rollback makes the tags of a release that was interrupted point to what they
// pointed to before. It returns new tags that stay, as their registry does not
// delete tags. As Resume it does nothing if somebody else has moved a tag.
func (j *Journal) Rollback(ctx context.Context, to *Registries) (stay []string, err error) {
	if j.record.Phase == Pushing {
		return nil, j.Remove()
	}
	err = j.again(ctx, to, func(m *mover, tags []*Tag) error {
		if err := m.fetch(ctx, tags, func(t *Tag) []*Image { return []*Image{t.Old} }); err != nil {
			return err
		}
		kept, _, err := m.back(ctx, tags)
		stay = names(kept)
		return err
	})
	return stay, err
}

// again does to all tags of the journal what was asked for.
func (j *Journal) again(ctx context.Context, to *Registries, do func(*mover, []*Tag) error) error {
	defer j.Close()
	m := newMover(j, to)
	if err := m.unchanged(ctx); err != nil {
		return err
	}
	if err := m.claim(j.record.Tags); err != nil {
		return err
	}
	if err := do(m, j.record.Tags); err != nil {
		return fmt.Errorf("release %s is still not finished: %w", j.record.ID, err)
	}
	return j.Remove()
}

// ChangedError says that somebody else has moved a tag of a release.
type ChangedError struct {
	Tag, Digest string
	File        string // the journal
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("the tag %s points to %s, which is neither the old nor the new image of the release: somebody else has moved it", e.Tag, e.Digest)
}

// unchanged checks that every tag points to its old or its new image.
func (m *mover) unchanged(ctx context.Context) error {
	err := m.each(ctx, m.journal.record.Tags, func(ctx context.Context, t *Tag) error {
		found, err := m.to.Resolve(ctx, t.place())
		if err != nil || same(found, t.New) || same(found, t.Old) {
			return err
		}
		digest := "nothing"
		if found != nil {
			digest = found.Digest.String()
		}
		return &ChangedError{t.Reference, digest, m.journal.File}
	})
	if met := (*tagError)(nil); errors.As(err, &met) {
		return met.err
	}
	return err
}

// same reports whether a tag points to an image; none is no image.
func same(found *ocispecs.Descriptor, image *Image) bool {
	if found == nil || image == nil {
		return found == nil && image == nil
	}
	return found.Digest == image.Digest
}
