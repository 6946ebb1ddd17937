package recovery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"bake/bake/submit/release"
	"bake/cmd/app"
	"bake/cmd/exit"
)

// LastRelease is what --resume and --rollback mean without an id.
const LastRelease = "last"

// Resume moves the tags of a release to its new images.
func Resume(ctx context.Context, a *app.App, journal *release.Journal, registries *release.Registries) error {
	before := journal.Record()
	left, err := journal.Resume(ctx, registries)
	if err != nil {
		return err
	}
	tellEnd(a, before, "finished", left)
	return nil
}

// RollBack puts the tags of a release back to what they pointed to.
func RollBack(ctx context.Context, a *app.App, journal *release.Journal, registries *release.Registries) error {
	before := journal.Record()
	left, err := journal.Rollback(ctx, registries)
	switch {
	case err != nil:
		return err
	case before.Phase == release.Pushing:
		a.Note("release %s had moved no tag; it is forgotten", before.ID)
		return nil
	}
	tellEnd(a, before, "undone", left)
	return nil
}

// tellEnd tells how a release has ended that was taken up again, and which tags
// are not as it would have them.
func tellEnd(a *app.App, rec release.Record, how string, left release.Left) {
	changed := map[string]bool{}
	for _, c := range left.Changed {
		changed[c.Tag] = true
	}
	var done []string
	for _, tag := range references(rec.Tags) {
		if !changed[tag] {
			done = append(done, tag)
		}
	}
	if len(done) > 0 {
		a.Note("release %s is %s: %s", rec.ID, how, strings.Join(done, ", "))
	} else {
		a.Note("release %s has ended: none of its tags is its own any more", rec.ID)
	}
	for _, c := range left.Changed {
		a.Warn("somebody else has moved the tag %s since: it was left as it is", c)
	}
	for _, tag := range left.Stay {
		a.Warn("the tag %s did not exist before the release; it stays, as its registry does not delete tags", tag)
	}
}

// Forget ends a release on purpose, and tells what it leaves.
func Forget(a *app.App, id string) error {
	journals, err := Journals(a)
	if err != nil {
		return err
	}
	entry, err := find(journals, id)
	if err != nil {
		return err
	}
	rec, err := journals.Forget(entry.ID)
	switch {
	case err != nil:
		return err
	case rec.Phase != release.Moving:
		a.Note("release %s is forgotten", id)
	default:
		a.Note("release %s is forgotten; some of its tags may point to the new images and others to the old ones: %s",
			id, strings.Join(references(rec.Tags), ", "))
	}
	return nil
}

// RecoveryFailed is the error of a release that could not be finished or
// undone. Its journal is still there.
func RecoveryFailed(ctx context.Context, a *app.App, entry *release.Entry, err error) error {
	if err := app.InterruptedOr(ctx, err); errors.Is(err, exit.ErrInterrupted) {
		a.Note("interrupted; %s", Unfinished(moving(entry.Record)))
		return exit.Reported(exit.Interrupted)
	}
	out := &exit.Error{Code: exit.CodeOf(err), Err: err}
	var lost *release.LostError
	if errors.As(err, &lost) {
		return out.WithHint("Nothing was touched. %s", lost.Hint())
	}
	return out.WithHint("%s", Sentence(Unfinished(moving(entry.Record))))
}

// moving is a release that may be half done.
func moving(rec release.Record) release.Record {
	rec.Phase = release.Moving
	return rec
}

// Unfinished is what to do about a release.
func Unfinished(rec release.Record) string {
	id := rec.ID
	switch rec.Phase {
	case release.Undone:
		return fmt.Sprintf("the tags that existed are as they were: `bake --resume=%s` moves all of them again", id)
	case release.Moving:
		return fmt.Sprintf("some tags of release %s may point to the new images and others to the old ones: "+
			"`bake --resume=%s` moves the rest, `bake --rollback=%s` puts all back", id, id, id)
	}
	text := fmt.Sprintf("no tag has moved: `%s` goes on with the release", Command(rec.Request, id))
	if len(rec.Request.Hidden) > 0 {
		text += fmt.Sprintf(", with %s set as before (not written down, as it may be secret)", strings.Join(rec.Request.Hidden, ", "))
	}
	return text
}

// Sentence makes a note a sentence.
func Sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] + "." }

// Find finds a release by its id. lastRelease is the one that has moved
// some tags, else the last one of this directory. It is nil if there is none.
func Find(a *app.App, journals release.Journals, id string) (*release.Entry, error) {
	list, err := journals.List()
	if err != nil {
		return nil, err
	}
	if id != LastRelease {
		e, err := find(journals, id)
		if err != nil {
			return nil, err
		}
		return usable(e)
	}
	list = slices.DeleteFunc(list, func(e release.Entry) bool { return e.Running })
	half := slices.DeleteFunc(slices.Clone(list), func(e release.Entry) bool { return e.Err == nil && e.Phase != release.Moving })
	here := slices.DeleteFunc(slices.Clone(list), func(e release.Entry) bool { return e.Request.Dir != a.Dir })
	switch {
	case len(half) == 1:
		return usable(&half[0])
	case len(half) > 1:
		return nil, exit.Usagef("several releases are not finished: which one?").WithHint("%s", listReleases(half))
	case len(here) > 0:
		return &here[len(here)-1], nil
	case len(list) > 0:
		return nil, exit.Usagef("no release of this directory is unfinished, but others are: which one?").WithHint("%s", listReleases(list))
	}
	a.Note("no release is unfinished")
	return nil, nil
}

// find finds the release with an id, even if its journal cannot be read.
func find(journals release.Journals, id string) (*release.Entry, error) {
	list, err := journals.List()
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		if e.ID == id {
			return &e, nil
		}
	}
	return nil, exit.Usagef("there is no unfinished release %q", id).WithHint("%s", listReleases(list))
}

// usable is a release whose journal can be read.
func usable(e *release.Entry) (*release.Entry, error) {
	if e.Err == nil {
		return e, nil
	}
	return nil, (&exit.Error{Code: exit.Build, Err: e.Err}).
		WithHint("If the tags of that release are as they should be, `bake --forget=%s` ends it.", e.ID)
}

// references are the names of tags.
func references(tags []*release.Tag) []string {
	var out []string
	for _, t := range tags {
		out = append(out, t.Reference)
	}
	return out
}

// Journals are the journals of releases of this user.
func Journals(a *app.App) (release.Journals, error) {
	dir, err := a.StateDir("releases")
	if err != nil {
		return release.Journals{}, exit.Usagef("releases need a place for their journal: %w", err)
	}
	return release.Journals{Dir: dir}, nil
}
