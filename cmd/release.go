package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"bake/bake/submit/release"
)

// lastRelease is what --resume and --rollback mean without an id.
const lastRelease = "last"

// releaseFlags are about releases: pushes that name their tags last, all or
// none.
type releaseFlags struct {
	atomic   bool
	resume   string // id of a release, or lastRelease
	rollback string // the same
}

func (f *releaseFlags) addFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&f.atomic, "atomic", false, "Build all targets, push all images, and only then move the tags: all or none")
	fs.StringVar(&f.resume, "resume", "", "Finish the last release that failed or was interrupted, or that with this `ID`")
	fs.StringVar(&f.rollback, "rollback", "", "Put back the tags that the last interrupted release has moved, or that with this `ID`")
	fs.Lookup("resume").NoOptDefVal, fs.Lookup("rollback").NoOptDefVal = lastRelease, lastRelease
}

// validate finds what cannot be meant.
func (f *releaseFlags) validate(o *bakeOptions) error {
	switch {
	case f.resume != "" && f.rollback != "":
		return usageErrorf("--resume and --rollback are mutually exclusive")
	case f.resume == "" && f.rollback == "":
		return nil
	case o.print || o.list != "":
		return usageErrorf("--resume and --rollback go neither with --print nor with --list")
	case f.rollback != "" && len(o.targets) > 0:
		return usageErrorf("--rollback takes no target, but got %q", o.targets[0]).
			withHint("Name a release as --rollback=%s, or none for the last one.", o.targets[0])
	}
	return nil
}

// recover finishes or undoes the release that was asked for. It returns false
// if there is one to finish that has to be built again.
func (a *app) recover(o *bakeOptions) (done bool, err error) {
	journals, err := a.journals()
	if err != nil {
		return true, err
	}
	id := o.resume + o.rollback
	entry, err := a.findRelease(journals, id)
	if err != nil || entry == nil {
		return true, err
	}
	if o.resume != "" && entry.Phase == release.Pushing {
		return false, o.again(a.dir, entry)
	}
	journal, err := journals.Open(entry.ID)
	if err != nil {
		return true, err
	}
	ctx, stop := a.interruptible(context.Background())
	defer stop()
	registries, err := a.registriesOf(ctx, o, entry)
	if err != nil {
		return true, err
	}
	if o.resume != "" {
		err = journal.Resume(ctx, registries)
	} else {
		err = a.rollback(ctx, journal, registries)
	}
	if err != nil {
		return true, a.recoveryFailed(ctx, entry, err)
	}
	if o.resume != "" {
		a.note("release %s is finished: %s", entry.ID, strings.Join(references(entry.Tags), ", "))
	}
	return true, nil
}

func (a *app) rollback(ctx context.Context, journal *release.Journal, registries *release.Registries) error {
	before := journal.Record()
	stay, err := journal.Rollback(ctx, registries)
	switch {
	case err != nil:
		return err
	case before.Phase == release.Pushing:
		a.note("release %s had moved no tag; it is forgotten", before.ID)
	default:
		a.note("release %s is undone: %s", before.ID, strings.Join(references(before.Tags), ", "))
	}
	for _, tag := range stay {
		a.warn("the tag %s did not exist before the release; it stays, as its registry does not delete tags", tag)
	}
	return nil
}

// recoveryFailed is the error of a release that could not be finished or
// undone. Its journal is still there.
func (a *app) recoveryFailed(ctx context.Context, entry *release.Entry, err error) error {
	if err := interruptedOr(ctx, err); errors.Is(err, errInterrupted) {
		a.note("interrupted; %s", unfinished(entry.ID, release.Moving))
		return reported(ExitInterrupted)
	}
	out := &exitError{code: exitCode(err), err: err}
	var changed *release.ChangedError
	if errors.As(err, &changed) {
		return out.withHint("Nothing was touched. If the tags are as they should be, forget the release: remove %s.", changed.File)
	}
	return out.withHint("%s", sentence(unfinished(entry.ID, release.Moving)))
}

// unfinished is what to do about a release.
func unfinished(id string, phase release.Phase) string {
	switch phase {
	case release.Undone:
		return fmt.Sprintf("the tags that existed are as they were: `bake --resume=%s` moves all of them again", id)
	case release.Moving:
		return fmt.Sprintf("some tags of release %s may point to the new images and others to the old ones: "+
			"`bake --resume=%s` moves the rest, `bake --rollback=%s` puts all back", id, id, id)
	}
	return fmt.Sprintf("no tag has moved: `bake --resume=%s` goes on with the release", id)
}

// conflictHint is what to do about another release of the same tags.
func conflictHint(e *release.ConflictError) string {
	if e.Other.Running {
		return "Wait until it has ended."
	}
	return sentence(unfinished(e.Other.ID, e.Other.Phase)) + " Then build again. If the tags are as they should be already, remove " + e.Other.File + "."
}

// sentence makes a note a sentence.
func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] + "." }

// again makes o ask for what the release was of, as far as it is written down.
func (o *bakeOptions) again(dir string, entry *release.Entry) error {
	r := entry.Request
	if r.Dir != dir {
		return usageErrorf("release %s was not started in this directory, and not all of its images were pushed", entry.ID).
			withHint("It has to be built again. Do it there:\n\n  cd %s && bake --resume=%s", r.Dir, entry.ID)
	}
	if r.More && !o.specific {
		return usageErrorf("release %s was started with further options, which are not written down as they may be secret", entry.ID).
			withHint("Not all of its images were pushed, so it has to be built again. Run the command of that time with --resume added.")
	}
	if len(o.targets) == 0 {
		o.targets = r.Targets
	}
	if len(o.files) == 0 {
		o.files = r.Files
	}
	o.push = o.push || r.Push
	o.atomic = true
	return nil
}

// findRelease finds a release by its id. lastRelease is the one that has moved
// some tags, else the last one of this directory. It is nil if there is none.
func (a *app) findRelease(journals release.Journals, id string) (*release.Entry, error) {
	list, err := journals.List()
	if err != nil {
		return nil, err
	}
	if id != lastRelease {
		for _, e := range list {
			if e.ID == id {
				return usable(&e)
			}
		}
		return nil, usageErrorf("there is no unfinished release %q", id).withHint("%s", listReleases(list))
	}
	list = slices.DeleteFunc(list, func(e release.Entry) bool { return e.Running })
	half := slices.DeleteFunc(slices.Clone(list), func(e release.Entry) bool { return e.Err == nil && e.Phase != release.Moving })
	here := slices.DeleteFunc(slices.Clone(list), func(e release.Entry) bool { return e.Request.Dir != a.dir })
	switch {
	case len(half) == 1:
		return usable(&half[0])
	case len(half) > 1:
		return nil, usageErrorf("several releases are not finished: which one?").withHint("%s", listReleases(half))
	case len(here) > 0:
		return &here[len(here)-1], nil
	case len(list) > 0:
		return nil, usageErrorf("no release of this directory is unfinished, but others are: which one?").withHint("%s", listReleases(list))
	}
	a.note("no release is unfinished")
	return nil, nil
}

// usable is a release whose journal can be read.
func usable(e *release.Entry) (*release.Entry, error) {
	if e.Err == nil {
		return e, nil
	}
	return nil, (&exitError{code: ExitBuild, err: e.Err}).
		withHint("If the tags of that release are as they should be, remove the file.")
}

// references are the names of tags.
func references(tags []*release.Tag) []string {
	var out []string
	for _, t := range tags {
		out = append(out, t.Reference)
	}
	return out
}
