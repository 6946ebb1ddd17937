package submit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"bake/bake/submit/failure"
	"bake/bake/submit/output"
	"bake/bake/submit/release"

	"github.com/moby/buildkit/client"
)

// holding is what a run knows whose outputs are held back: nothing leaves
// before every target is built. Then images are pushed by digest; when all are
// there, directories and archives are written, files get their names and, last
// of all, tags are moved.
type holding struct {
	tags    []*release.Tag // in the order of the plan; their images come with the pushes
	pushed  *barrier       // every push has ended
	begin   sync.Once
	journal *release.Journal                // nil without tags, and before the first push
	err     error                           // why there is none
	before  map[*release.Tag]*release.Image // what had been pushed when the run began

	committed bool // files have their names
}

// hold prepares a run that holds its outputs back: all requests are there, and
// nothing was sent.
func (r *run) hold() error {
	if !r.opt.HoldOutput && !r.opt.Atomic {
		return nil
	}
	h := &holding{}
	pushing := 0
	for _, a := range r.assemblies {
		if a.sameAs != nil || a.err != nil {
			continue
		}
		for _, q := range a.parts {
			if err := r.holdPushes(q); err != nil {
				return preparationError(a.target, err)
			}
			if q.pushes() {
				pushing++
			}
		}
		if err := h.addTags(a); err != nil {
			return preparationError(a.target, failure.In("tags", "", err))
		}
	}
	h.pushed = newBarrier(pushing)
	h.resume(r.opt.Resumed)
	r.held = h
	if len(h.tags) == 0 {
		return nil
	}
	return r.inTag(r.opt.Journals.Check(h.tags))
}

// holdPushes makes the pushes of q be by digest. Docker's own BuildKit cannot.
func (r *run) holdPushes(q *request) error {
	for _, e := range q.exports {
		if e.Type != output.MobyExporter || !e.Push {
			continue
		}
		name := q.node.Driver.Factory().Name()
		if r.opt.Atomic {
			return failure.In("output", "", fmt.Errorf("the %s driver moves the tags of what it pushes by itself, so --atomic cannot hold them back: use another builder", name))
		}
		r.progress.Warn(fmt.Sprintf("the %s driver moves tags as it pushes: this release is not all or nothing", name))
	}
	if q.of.split {
		return nil // they are already
	}
	return q.pushByDigest()
}

// pushes reports whether q pushes images that the client names.
func (q *request) pushes() bool {
	return slices.ContainsFunc(q.exports, func(e *output.Export) bool { return e.Push && e.Type == client.ExporterImage })
}

// addTags adds the tags of a target. Of two targets with the same tag the later
// one has it.
func (h *holding) addTags(a *assembly) error {
	for _, p := range a.parts {
		for _, e := range p.exports {
			if !e.Tagged() || p != a.parts[0] {
				continue
			}
			for _, name := range e.Names {
				ref, err := release.Normalize(name)
				if err != nil {
					return err
				}
				h.tags = slices.DeleteFunc(h.tags, func(t *release.Tag) bool { return t.Reference == ref })
				h.tags = append(h.tags, &release.Tag{Target: a.target.Name, Reference: ref, Insecure: e.Insecure()})
			}
		}
	}
	return nil
}

// awaitRelease waits until all targets are built and, if q has outputs that are
// held back, until it is the turn of these.
func (r *run) awaitRelease(ctx context.Context, q *request) error {
	if err := r.allDone.wait(ctx); err != nil {
		return err
	}
	if err := r.heldBack(q); err != nil || r.held == nil || len(q.exports) == 0 {
		return err
	}
	if q.pushes() {
		return r.beginRelease()
	}
	if err := r.held.pushed.wait(ctx); err != nil {
		return err
	}
	return r.heldBack(q)
}

// beginRelease starts the journal, before the first image is pushed.
func (r *run) beginRelease() error {
	h := r.held
	h.begin.Do(func() {
		if len(h.tags) == 0 {
			return
		}
		rec := r.opt.Journal
		rec.Tags = h.tags
		if h.journal, h.err = r.opt.Journals.Begin(rec); h.err == nil && r.opt.OnRelease != nil {
			r.opt.OnRelease(h.journal)
		}
	})
	return h.err
}

// delivered tells that the pushes of a job have ended, well or not.
func (r *run) delivered(j *job) {
	if r.held == nil {
		return
	}
	for _, q := range j.requests {
		if q.pushes() {
			if !q.of.split { // else this was done when the parts were merged
				r.noteImages(q.of)
			}
			r.held.pushed.arrive()
		}
	}
}

// letGo ends a run whose jobs have ended with err: if all is well, files get
// their names and tags are moved.
func (r *run) letGo(ctx context.Context, err error) error {
	if r.held == nil {
		return err
	}
	if err == nil {
		err = r.commitAll()
	}
	if err == nil && len(r.held.tags) > 0 {
		err = r.moveTags(ctx)
	}
	if err != nil {
		r.withdraw(err)
	}
	if r.held.journal != nil {
		r.held.journal.Close()
	}
	return err
}

// unfinished is the release that the run has left undone.
func (r *run) unfinished() *release.Record {
	if r.held == nil || r.held.journal == nil || r.held.journal.Removed() {
		return nil
	}
	rec := r.held.journal.Record()
	return &rec
}

// commitAll gives the written files their names.
func (r *run) commitAll() error {
	for _, q := range r.requests {
		err := q.commit(q.outcome.response)
		q.discard()
		if err != nil {
			err = preparationError(q.target, err)
			q.outcome.err, q.outcome.done = err, false
			return err
		}
	}
	r.held.committed = true
	return nil
}

// withdraw takes back that targets are done whose outputs were held back until
// the run failed: their tags have not moved, or their files have no name.
func (r *run) withdraw(err error) {
	var blamed *failure.TargetError
	known := errors.As(err, &blamed)
	for _, q := range r.requests {
		held := q.pushes() || !r.held.committed && q.discarded()
		if !held || !q.outcome.done {
			continue
		}
		q.outcome.done = false
		switch {
		case !known:
			q.outcome.err, q.outcome.echo = err, true
		case blamed.Target == q.target.Name:
			q.outcome.err = blamed
		default:
			q.outcome.err = &failure.SkippedError{Because: blamed.Target}
		}
	}
}

// discarded removes the files of q that have no name yet, and reports whether
// there were any.
func (q *request) discarded() bool {
	pending := slices.ContainsFunc(q.exports, func(e *output.Export) bool { return e.File != nil && e.File.Temp != nil || e.Layout != nil })
	q.discard()
	return pending
}
