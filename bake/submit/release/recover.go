package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Left is what a release that was taken up again has left as it is.
type Left struct {
	Changed []Changed // tags that somebody else has moved meanwhile
	Stay    []string  // tags that are new, and that their registry does not delete
}

// Changed is a tag that points to neither the old nor the new image of a
// release.
type Changed struct {
	Tag    string
	Digest digest.Digest // what it points to, empty if there is no such tag any more
}

func (c Changed) String() string {
	if c.Digest == "" {
		return c.Tag + " (which is gone)"
	}
	return fmt.Sprintf("%s (which points to %s)", c.Tag, c.Digest)
}

// Resume moves the tags of a release that was interrupted, or put back, to its
// new images, but for those that somebody else has moved since. If an image is
// gone from its registry the error is a *LostError, and no tag is moved. If it
// fails, what has moved stays so, and so does the journal.
func (j *Journal) Resume(ctx context.Context, to *Registries) (Left, error) {
	if j.record.Phase == Pushing {
		return Left{}, errors.New("not all images were pushed")
	}
	want := func(t *Tag) *Image { return t.New }
	changed, err := j.again(ctx, to, toResume, want, func(m *mover, tags []*Tag) error {
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
	return Left{Changed: changed}, err
}

// Rollback makes the tags of a release that was interrupted point to what they
// pointed to before, but for those that somebody else has moved since. If that
// is impossible for one, as its old image is gone, the error is a *LostError,
// and none is moved.
func (j *Journal) Rollback(ctx context.Context, to *Registries) (left Left, err error) {
	if j.record.Phase == Pushing {
		return left, j.Remove()
	}
	left.Changed, err = j.again(ctx, to, toRollBack, func(t *Tag) *Image { return t.Old }, func(m *mover, tags []*Tag) error {
		kept, _, err := m.back(ctx, tags)
		left.Stay = names(kept)
		return err
	})
	return left, err
}

// again brings the tags of the journal to the images that want says, but for
// those that others have moved, which it returns. do sets them, also those that
// are there already: a request of the process that died may still be on its way.
func (j *Journal) again(ctx context.Context, to *Registries, aim Aim, want func(*Tag) *Image, do func(*mover, []*Tag) error) ([]Changed, error) {
	defer j.Close()
	m := newMover(j, to)
	tags, right, changed, err := m.own(ctx, j.record.Tags, want)
	if err != nil {
		return nil, err
	}
	lost, err := m.check(ctx, tags, want, m.gone)
	if err != nil {
		return nil, fmt.Errorf("release %s is still not finished: %w", j.record.ID, err)
	}
	lost = slices.DeleteFunc(lost, func(l Lost) bool {
		at := slices.IndexFunc(right, func(t *Tag) bool { return t.Reference == l.Tag })
		if at < 0 {
			return false
		}
		tags = without(tags, right[at:at+1]) // it is there, and could not be set again
		return true
	})
	if len(lost) > 0 {
		return nil, &LostError{j.record.ID, aim, j.record.Phase, lost}
	}
	if err := m.claim(tags); err != nil {
		return nil, err
	}
	if err := do(m, tags); err != nil {
		return nil, fmt.Errorf("release %s is still not finished: %w", j.record.ID, err)
	}
	return changed, j.Remove()
}

// own divides tags into those that point to their old or new image, of these
// those that are right already, and those that others have moved.
func (m *mover) own(ctx context.Context, tags []*Tag, want func(*Tag) *Image) (own, right []*Tag, changed []Changed, err error) {
	var mu sync.Mutex
	found := map[*Tag]*ocispecs.Descriptor{}
	err = m.each(ctx, tags, func(ctx context.Context, t *Tag) error {
		at, err := m.to.Resolve(ctx, t.place())
		mu.Lock()
		defer mu.Unlock()
		found[t] = at
		return err
	})
	if met := (*tagError)(nil); errors.As(err, &met) {
		return nil, nil, nil, met.err
	}
	for _, t := range tags {
		switch at := found[t]; {
		case same(at, t.New) || same(at, t.Old):
			own = append(own, t)
			if same(at, want(t)) {
				right = append(right, t)
			}
		case at == nil:
			changed = append(changed, Changed{t.Reference, ""})
		default:
			changed = append(changed, Changed{t.Reference, at.Digest})
		}
	}
	return own, right, changed, nil
}

// same reports whether a tag points to an image; none is no image.
func same(found *ocispecs.Descriptor, image *Image) bool {
	if found == nil || image == nil {
		return found == nil && image == nil
	}
	return found.Digest == image.Digest
}
