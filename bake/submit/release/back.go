package release

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// rounds is how often tags are set until they are found to be right. A request
// that was cut short, by this process or one that was killed, may still reach
// the registry and be done after what is sent later.
const rounds = 3

// back puts tags back that may have moved. It returns those that stay because
// their registry does not delete tags, and those that could not be put back.
func (m *mover) back(ctx context.Context, tags []*Tag) (stay, stuck []*Tag, err error) {
	pending := tags
	for n := 0; len(pending) > 0 && n < rounds; n++ {
		m.begin(pending)
		kept, failed, failure := m.backOnce(ctx, pending)
		stay, stuck = append(stay, kept...), append(stuck, failed...)
		if err == nil {
			err = failure
		}
		if pending = without(pending, append(kept, failed...)); len(pending) == 0 {
			break
		}
		var wrong []*Tag
		if wrong, failure = m.wrong(ctx, pending, func(t *Tag) *Image { return t.Old }); failure != nil && err == nil {
			wrong, err = pending, failure
		}
		pending = wrong
	}
	stuck = append(stuck, pending...)
	order := func(a, b *Tag) int { return slices.Index(tags, a) - slices.Index(tags, b) }
	slices.SortFunc(stay, order)
	slices.SortFunc(stuck, order)
	if len(stuck) > 0 && err == nil {
		err = errors.New("others move them, too")
	}
	return stay, stuck, err
}

// backOnce tries to put back all of the tags.
func (m *mover) backOnce(ctx context.Context, tags []*Tag) (stay, failed []*Tag, err error) {
	var mu sync.Mutex
	settled := map[*Tag]bool{}
	_ = m.each(ctx, tags, func(ctx context.Context, t *Tag) error {
		kept, failure := m.putBack(ctx, t)
		mu.Lock()
		defer mu.Unlock()
		settled[t] = failure == nil
		if failure != nil && err == nil {
			err = failure
		}
		if kept {
			stay = append(stay, t)
		}
		return nil // the others are put back all the same
	})
	for _, t := range tags {
		if !settled[t] {
			failed = append(failed, t)
		}
	}
	if len(failed) > 0 && err == nil {
		err = context.Cause(ctx)
	}
	return stay, failed, err
}

// putBack makes a tag point to its old image. A tag that is new is deleted, or
// kept if that is impossible.
func (m *mover) putBack(ctx context.Context, t *Tag) (kept bool, err error) {
	if t.Old != nil {
		return false, m.move(ctx, t, t.Old, false)
	}
	found, err := m.to.Resolve(ctx, t.place())
	if err != nil {
		return false, err
	}
	if found != nil {
		if err = m.to.Delete(ctx, t.place()); errors.Is(err, errCannotDelete) {
			return true, m.journal.update(func(*Record) { t.Moved = true })
		}
	}
	if err != nil {
		return false, err
	}
	m.tell(t, nil)
	return false, m.journal.update(func(*Record) { t.Moved = false })
}

// wrong returns the tags that do not point to the image that want says.
func (m *mover) wrong(ctx context.Context, tags []*Tag, want func(*Tag) *Image) ([]*Tag, error) {
	var mu sync.Mutex
	right := map[*Tag]bool{}
	err := m.each(ctx, tags, func(ctx context.Context, t *Tag) error {
		found, err := m.to.Resolve(ctx, t.place())
		mu.Lock()
		defer mu.Unlock()
		right[t] = err == nil && same(found, want(t))
		return err
	})
	return slices.DeleteFunc(slices.Clone(tags), func(t *Tag) bool { return right[t] }), err
}

// without returns the tags that are not among others.
func without(tags, others []*Tag) []*Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t *Tag) bool { return slices.Contains(others, t) })
}
