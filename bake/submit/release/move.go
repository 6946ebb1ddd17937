package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// atOnce is how many calls of registries are made at once.
const atOnce = 8

// How long putting tags back may take: after a signal the process has little
// time left, else the registry may need some.
const (
	backTime            = 2 * time.Minute
	backTimeInterrupted = 1100 * time.Millisecond
)

// answerTime is how long an answer is awaited after the run was interrupted.
// Whether a registry does what it is asked for by a request that is cut short
// is not known before long.
const answerTime = 400 * time.Millisecond

// mover moves the tags of one journal.
type mover struct {
	journal *Journal
	to      *Registries

	mu        sync.Mutex
	manifests map[string][]byte // by repository and digest
	tried     map[*Tag]bool     // those that may have moved, whatever was answered
	done, of  int               // how many tags are set, for progress
}

// Move moves tags to their new images, which are all in their repositories
// under their digests. If it fails, all tags that were moved are put back, and
// the error is an *Error that says what is left. The journal is gone in the
// end if nothing is left to do.
func (j *Journal) Move(ctx context.Context, to *Registries, tags []*Tag) error {
	defer j.Close()
	m := newMover(j, to)
	j.setTags(tags)
	tags, err := m.prepare(ctx, tags)
	if err == nil {
		err = m.reversible(ctx, tags)
	}
	if err != nil {
		return m.failure(ctx, err)
	}
	if err := m.claim(tags); err != nil {
		return err
	}
	if err := m.forward(ctx, tags); err != nil {
		return m.undo(ctx, tags, m.failure(ctx, err))
	}
	return j.Remove()
}

func newMover(j *Journal, to *Registries) *mover {
	return &mover{journal: j, to: to, manifests: map[string][]byte{}, tried: map[*Tag]bool{}}
}

func (j *Journal) setTags(tags []*Tag) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.record.Tags = tags
}

// claim writes down that tags are about to be moved, unless another release is
// at that with one of them.
func (m *mover) claim(tags []*Tag) error {
	unlock, err := m.journal.journals.lockAll()
	if err != nil {
		return err
	}
	defer unlock()
	if err := m.journal.journals.conflict(Record{ID: m.journal.record.ID, Tags: tags}, false); err != nil {
		return err
	}
	return m.journal.update(func(r *Record) { r.Phase = Moving })
}

// prepare reads where tags point to now and all manifests that may be needed,
// so that little can fail after the first tag has moved. It returns the tags
// that have to move.
func (m *mover) prepare(ctx context.Context, tags []*Tag) ([]*Tag, error) {
	err := m.each(ctx, tags, func(ctx context.Context, t *Tag) error {
		found, err := m.to.Resolve(ctx, t.place())
		if err != nil {
			return err
		}
		t.Old = nil
		if found != nil {
			t.Old = ImageOf(*found)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []*Tag
	for _, t := range tags {
		if t.Old == nil || t.Old.Digest != t.New.Digest {
			out = append(out, t)
		}
	}
	lost, err := m.check(ctx, out, func(t *Tag) *Image { return t.New }, m.unread)
	if err == nil && len(lost) > 0 {
		err = fmt.Errorf("what was just pushed is not there: %s", lost[0])
	}
	return out, err
}

// each calls f for all tags, some at once, and stops starting with the first
// failure or when ctx ends. What runs then is not cut short by a failure: it
// would not be known what came of it.
func (m *mover) each(ctx context.Context, tags []*Tag, f func(context.Context, *Tag) error) error {
	var group errgroup.Group
	group.SetLimit(atOnce)
	var mu sync.Mutex
	var first error
	for _, t := range tags {
		group.Go(func() error {
			mu.Lock()
			stop := first != nil
			mu.Unlock()
			if stop {
				return nil
			}
			err := ctx.Err()
			if err == nil {
				err = f(ctx, t)
			}
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				if first == nil {
					first = &tagError{t, err}
				}
			}
			return nil
		})
	}
	_ = group.Wait()
	return first
}

// tagError is an error that one tag met.
type tagError struct {
	tag *Tag
	err error
}

func (e *tagError) Error() string { return e.err.Error() }
func (e *tagError) Unwrap() error { return e.err }

// forward moves tags to their new images: those first that exist, as a tag
// that did not exist may be impossible to remove again.
func (m *mover) forward(ctx context.Context, tags []*Tag) error {
	m.begin(tags)
	for _, existing := range []bool{true, false} {
		some := slices.DeleteFunc(slices.Clone(tags), func(t *Tag) bool { return (t.Old != nil) != existing })
		err := m.each(ctx, some, func(ctx context.Context, t *Tag) error {
			ctx, cancel := linger(ctx)
			defer cancel()
			return m.move(ctx, t, t.New, true)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// move makes a tag point to image, and writes down that it did.
func (m *mover) move(ctx context.Context, t *Tag, image *Image, moved bool) error {
	repository, err := t.place().repository()
	if err != nil {
		return err
	}
	m.mu.Lock()
	m.tried[t] = true
	data := m.manifests[repository+"@"+image.Digest.String()]
	m.mu.Unlock()
	if err := m.to.Put(ctx, t.place(), image.descriptor(), data); err != nil {
		// The answer may be lost, or the registry may not let tags be moved, not
		// even to where they are.
		if found, readErr := m.to.Resolve(ctx, t.place()); readErr != nil || !same(found, image) {
			return err
		}
	}
	m.tell(t, image)
	return m.journal.update(func(*Record) { t.Moved = moved })
}

// begin starts to count the tags that are set.
func (m *mover) begin(tags []*Tag) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done, m.of = 0, len(tags)
}

// tell tells that a tag was set.
func (m *mover) tell(t *Tag, image *Image) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done++
	if m.journal.OnStep == nil {
		return
	}
	step := Step{Tag: t.Reference, Done: m.done, Of: m.of}
	if image != nil {
		step.Digest = image.Digest
	}
	m.journal.OnStep(step)
}

// linger returns a context that ends some time after ctx.
func linger(ctx context.Context) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(answerTime, cancel) })
	return out, func() {
		stop()
		cancel()
	}
}

// undo puts back what a release has moved that cannot be completed.
func (m *mover) undo(ctx context.Context, tags []*Tag, out *Error) error {
	tags = slices.DeleteFunc(slices.Clone(tags), func(t *Tag) bool { return !m.tried[t] })
	limit := backTime
	if ctx.Err() != nil {
		limit = backTimeInterrupted
	}
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), limit, fmt.Errorf("the registry did not answer within %s: i/o timeout", limit))
	defer cancel()
	stay, stuck, err := m.back(ctx, tags)
	out.Tried, out.Stay, out.Stuck = len(tags), names(stay), names(stuck)
	if len(stuck) == 0 && err == nil {
		err = m.journal.update(func(r *Record) { r.Phase = Undone })
	}
	out.BackErr = err
	return out
}

// failure describes why a release cannot be completed.
func (m *mover) failure(ctx context.Context, err error) *Error {
	out := &Error{ID: m.journal.record.ID, File: m.journal.File, Err: err}
	if blamed := (*tagError)(nil); errors.As(err, &blamed) {
		out.Tag, out.Target, out.Err = blamed.tag.Reference, blamed.tag.Target, blamed.err
	}
	if ctx.Err() != nil {
		out.Err = ctx.Err()
	}
	return out
}

func names(tags []*Tag) []string {
	var out []string
	for _, t := range tags {
		out = append(out, t.Reference)
	}
	return out
}

// Error says why a release failed, and what it has left.
type Error struct {
	ID   string // of the release
	File string // its journal
	Err  error  // why it could not be completed

	Tag, Target string   // what Err is about, if it is about one tag
	Tried       int      // how many tags may have moved until they were put back
	Stay        []string // tags that are new, and that the registry does not delete
	Stuck       []string // tags that may have moved and could not be put back
	BackErr     error    // why
}

func (e *Error) Error() string {
	text := e.Err.Error()
	switch {
	case len(e.Stuck) > 0:
		return text + "; and tags that may have moved could not be put back: " + strings.Join(e.Stuck, ", ")
	case e.Tried == 0:
		return text + "; no tag has moved"
	case len(e.Stay) > 0:
		return text + "; the tags are as before, but for new ones that stay as their registry does not delete tags: " + strings.Join(e.Stay, ", ")
	}
	return text + "; the tags are as before, those that had moved were put back"
}

func (e *Error) Unwrap() error { return e.Err }

// Half reports whether the release may have been left half done.
func (e *Error) Half() bool { return len(e.Stuck) > 0 }
