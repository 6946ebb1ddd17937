package release

import (
	"context"
	"errors"
	"fmt"
	"strings"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Resume moves the tags of a release that was interrupted, or put back, to its
// new images. It moves none if one points to a third image: somebody else has
// moved it since. If it fails, what has moved stays so, and so does the journal.
func (j *Journal) Resume(ctx context.Context, to *Registries) error {
	if j.record.Phase == Pushing {
		return errors.New("not all images were pushed")
	}
	want := func(t *Tag) *Image { return t.New }
	return j.again(ctx, to, want, func(m *mover, tags []*Tag) error {
		for range rounds {
			err := m.forward(ctx, tags)
			if err == nil {
				tags, err = m.wrong(ctx, tags, want)
			}
			if err != nil || len(tags) == 0 {
				return err
			}
		}
		return fmt.Errorf("others move these tags, too: %s", strings.Join(names(tags), ", "))
	})
}

// Rollback makes the tags of a release that was interrupted point to what they
// pointed to before. It returns new tags that stay, as their registry does not
// delete tags. As Resume it does nothing if somebody else has moved a tag.
func (j *Journal) Rollback(ctx context.Context, to *Registries) (stay []string, err error) {
	if j.record.Phase == Pushing {
		return nil, j.Remove()
	}
	err = j.again(ctx, to, func(t *Tag) *Image { return t.Old }, func(m *mover, tags []*Tag) error {
		kept, _, err := m.back(ctx, tags)
		stay = names(kept)
		return err
	})
	return stay, err
}

// again brings all tags of the journal to the images that want says. do sets
// them, also those that are there already: a request of the process that died
// may still be on its way.
func (j *Journal) again(ctx context.Context, to *Registries, want func(*Tag) *Image, do func(*mover, []*Tag) error) error {
	defer j.Close()
	m := newMover(j, to)
	tags := j.record.Tags
	if err := m.unchanged(ctx, tags); err != nil {
		return err
	}
	if err := m.claim(tags); err != nil {
		return err
	}
	err := m.fetch(ctx, tags, func(t *Tag) []*Image { return []*Image{want(t)} })
	if err == nil {
		err = do(m, tags)
	}
	if err != nil {
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
func (m *mover) unchanged(ctx context.Context, tags []*Tag) error {
	err := m.each(ctx, tags, func(ctx context.Context, t *Tag) error {
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
