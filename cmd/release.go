package cmd

import (
	"cmp"
	"context"
	"strings"

	"bake/bake/submit"
	"bake/bake/submit/host"
	"bake/bake/submit/release"
	"bake/bake/submit/report"
	"bake/cmd/app"
	"bake/cmd/builders"
	"bake/cmd/display"
	"bake/cmd/exit"
	"bake/cmd/recovery"

	"github.com/docker/buildx/builder"
	"github.com/moby/buildkit/client"
	"github.com/spf13/pflag"
)

// releaseFlags are about releases: pushes that name their tags last, all or
// none.
type releaseFlags struct {
	atomic   bool
	resume   string // id of a release, or lastRelease
	rollback string // the same
	forget   string // id of a release
}

func (f *releaseFlags) addFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&f.atomic, "atomic", false, "Build all targets, push all images, and only then move the tags: all or none")
	fs.StringVar(&f.resume, "resume", "", "Finish the last release that failed or was interrupted, or that with this `ID`")
	fs.StringVar(&f.rollback, "rollback", "", "Put back the tags that the last interrupted release has moved, or that with this `ID`")
	fs.StringVar(&f.forget, "forget", "", "End the release with this `ID` and leave its tags as they are")
	fs.Lookup("resume").NoOptDefVal, fs.Lookup("rollback").NoOptDefVal = recovery.LastRelease, recovery.LastRelease
}

// validate finds what cannot be meant.
func (f *releaseFlags) validate(o *bakeOptions) error {
	var given []string
	for _, flag := range []struct{ name, value string }{{"--resume", f.resume}, {"--rollback", f.rollback}, {"--forget", f.forget}} {
		if flag.value != "" {
			given = append(given, flag.name)
		}
	}
	switch {
	case len(given) > 1:
		return exit.Usagef("%s are mutually exclusive", strings.Join(given, " and "))
	case len(given) == 0:
		return nil
	case o.print || o.list != "":
		return exit.Usagef("%s goes neither with --print nor with --list", given[0])
	case f.rollback != "" && len(o.targets) > 0:
		return exit.Usagef("--rollback takes no target, but got %q", o.targets[0]).
			WithHint("Name a release as --rollback=%s, or none for the last one.", o.targets[0])
	case f.forget != "" && len(o.targets) > 0:
		return exit.Usagef("--forget takes no target, but got %q", o.targets[0])
	}
	return nil
}

// takeUpRelease finishes or undoes the release that was asked for. It returns false
// if there is one to finish that has to be built again.
func takeUpRelease(a *app.App, o *bakeOptions) (done bool, err error) {
	if o.forget != "" {
		return true, recovery.Forget(a, o.forget)
	}
	journals, err := recovery.Journals(a)
	if err != nil {
		return true, err
	}
	id := o.resume + o.rollback
	entry, err := recovery.Find(a, journals, id)
	if err != nil || entry == nil {
		return true, err
	}
	if o.resume != "" && entry.Phase == release.Pushing {
		return false, o.again(a.Dir, entry)
	}
	journal, err := journals.Open(entry.ID)
	if err != nil {
		return true, err
	}
	ctx, stop := a.Interruptible(context.Background())
	defer stop()
	registries, err := registriesOf(ctx, a, o, entry)
	if err != nil {
		return true, err
	}
	if mode, err := display.ModeOf(o.progress, a.Env); err != nil {
		return true, err
	} else if mode.Talkative() {
		journal.OnStep = func(s release.Step) { a.Note("%s", s) }
	}
	takeUp := recovery.RollBack
	if o.resume != "" {
		takeUp = recovery.Resume
	}
	if err := takeUp(ctx, a, journal, registries); err != nil {
		return true, recovery.RecoveryFailed(ctx, a, entry, err)
	}
	return true, nil
}

// again makes o ask for what the release was of, as far as it is written down.
func (o *bakeOptions) again(dir string, entry *release.Entry) error {
	r := entry.Request
	if r.Dir != dir {
		return exit.Usagef("release %s was not started in this directory, and not all of its images were pushed", entry.ID).
			WithHint("It has to be built again. Do it there:\n\n  cd %s && bake --resume=%s", r.Dir, entry.ID)
	}
	if r.More && !o.specific {
		return exit.Usagef("release %s was started with further options, which are not written down as they may be secret", entry.ID).
			WithHint("Not all of its images were pushed, so it has to be built again. Run the command of that time with --resume added.")
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

// keepRelease notes what a release would have to be built again with.
func (o *bakeOptions) keepRelease(flags *pflag.FlagSet) {
	flags.Visit(func(f *pflag.Flag) { o.specific = o.specific || !recovery.Harmless[f.Name] })
	for _, name := range o.files {
		o.specific = o.specific || name == "-"
	}
}

// holdOutputs completes the options of a build whose outputs are held back.
func holdOutputs(a *app.App, opt *submit.Options, o *bakeOptions, chosen *builders.Selection) error {
	if !opt.HoldOutput && !opt.Atomic {
		return nil
	}
	var err error
	if opt.Journals, err = recovery.Journals(a); err != nil {
		return err
	}
	opt.Journal.Request = release.Request{Dir: a.Dir, Files: o.files, Targets: o.asked, More: o.specific}
	if o.url != "" { // it may hold a password
		opt.Journal.Request.Targets, opt.Journal.Request.More = nil, true
	}
	if o.push {
		opt.Journal.Request.Push = true
	}
	if !strings.Contains(chosen.Name, "://") {
		opt.Journal.Builder = chosen.Name
	}
	opt.OnRelease = func(j *release.Journal) {
		a.LastWords = func() {
			if rec := j.Record(); !j.Removed() {
				a.Note("%s", recovery.Unfinished(rec.ID, rec.Phase))
			}
		}
	}
	return nil
}

// adviseRelease says what can be done about the release of a build that has
// failed.
func adviseRelease(a *app.App, outcome *report.Report) {
	if outcome != nil && outcome.Release != nil {
		a.Note("%s", recovery.Unfinished(outcome.Release.ID, outcome.Release.Phase))
	}
}

// registriesOf is the client for the registries of a release: they are reached
// as the builder does that pushed the images. It is not started.
func registriesOf(ctx context.Context, a *app.App, o *bakeOptions, entry *release.Entry) (*release.Registries, error) {
	chosen := &builders.Selection{}
	var err error
	switch name := cmp.Or(o.builder, entry.Builder); name {
	case "":
	case builders.EmbeddedName:
		chosen, err = builders.Embedded(a, "", nil)
	default:
		chosen, err = builders.NamedBuilder(ctx, a, name)
	}
	if err != nil {
		return nil, err
	}
	node := builder.Node{}
	if len(chosen.Nodes) > 0 {
		node = chosen.Nodes[0]
	}
	opt := submit.Options{Caller: host.Caller{Env: a.Env}, Retries: o.retries, Progress: func(s *client.SolveStatus) { noteSteps(a, s) }}
	chosen.TellRegistries(&opt)
	return submit.Registries(node, opt), nil
}

// noteSteps shows progress that is told without a display: what begins.
func noteSteps(a *app.App, status *client.SolveStatus) {
	for _, v := range status.Vertexes {
		if v.Completed == nil {
			a.Note("%s", v.Name)
		}
	}
}
