package cmd

import (
	"cmp"
	"context"
	"strings"

	"bake/bake"
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
	case o.call != "build":
		return exit.Usagef("%s does not go with --call", given[0])
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
// if there is one to finish that has to be built again, or compared with what the
// command line asks for.
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
	if o.resume != "" && (entry.Phase == release.Pushing || o.specific || len(o.targets) > 0) {
		return false, o.again(a, entry)
	}
	return true, endRelease(a, o, entry)
}

// endRelease finishes or undoes a release whose images are all pushed.
func endRelease(a *app.App, o *bakeOptions, entry *release.Entry) error {
	journals, err := recovery.Journals(a)
	if err != nil {
		return err
	}
	journal, err := journals.Open(entry.ID)
	if err != nil {
		return err
	}
	ctx, stop := a.Interruptible(context.Background())
	defer stop()
	registries, err := registriesOf(ctx, a, o, entry)
	if err != nil {
		return err
	}
	if mode, err := display.ModeOf(o.progress, a.Env); err != nil {
		return err
	} else if mode.Talkative() {
		journal.OnStep = func(s release.Step) { a.Note("%s", s) }
	}
	takeUp := recovery.RollBack
	if o.resume != "" {
		takeUp = recovery.Resume
	}
	if err := takeUp(ctx, a, journal, registries); err != nil {
		return recovery.RecoveryFailed(ctx, a, entry, err)
	}
	return nil
}

// holdOutputs completes the options of a build whose outputs are held back.
func holdOutputs(a *app.App, opt *submit.Options, o *bakeOptions, plan *bake.Plan, chosen *builders.Selection) error {
	if !opt.HoldOutput && !opt.Atomic {
		return nil
	}
	var err error
	if opt.Journals, err = recovery.Journals(a); err != nil {
		return err
	}
	opt.Journal.Request = o.releaseRequest(a, plan)
	if o.resumed != nil {
		opt.Journal.ID, opt.Journal.Started = o.resumed.ID, o.resumed.Started
		opt.Resumed = o.resumed.Tags
	}
	if !strings.Contains(chosen.Name, "://") {
		opt.Journal.Builder = chosen.Name
	}
	opt.OnRelease = func(j *release.Journal) {
		a.LastWords = func() {
			if rec := j.Record(); !j.Removed() {
				a.Note("%s", recovery.Unfinished(rec))
			}
		}
	}
	return nil
}

// adviseRelease says what can be done about the release of a build that has
// failed.
func adviseRelease(a *app.App, outcome *report.Report) {
	if outcome != nil && outcome.Release != nil {
		a.Note("%s", recovery.Unfinished(*outcome.Release))
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
