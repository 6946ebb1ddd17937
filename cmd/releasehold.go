package cmd

import (
	"cmp"
	"context"
	"strings"

	"github.com/docker/buildx/builder"
	"github.com/moby/buildkit/client"

	"bake/bake/submit"
	"bake/bake/submit/host"
	"bake/bake/submit/release"
	"bake/bake/submit/report"
)

// journals are the journals of releases of this user.
func (a *app) journals() (release.Journals, error) {
	dir, err := a.stateDir("releases")
	if err != nil {
		return release.Journals{}, usageErrorf("releases need a place for their journal: %w", err)
	}
	return release.Journals{Dir: dir}, nil
}

// holdOutputs completes the options of a build whose outputs are held back.
func (a *app) holdOutputs(opt *submit.Options, o *bakeOptions, chosen *selection) error {
	if !opt.HoldOutput && !opt.Atomic {
		return nil
	}
	var err error
	if opt.Journals, err = a.journals(); err != nil {
		return err
	}
	opt.Journal.Request = release.Request{Dir: a.dir, Files: o.files, Targets: o.asked, More: o.specific}
	if o.url != "" { // it may hold a password
		opt.Journal.Request.Targets, opt.Journal.Request.More = nil, true
	}
	if o.push {
		opt.Journal.Request.Push = true
	}
	if !strings.Contains(chosen.name, "://") {
		opt.Journal.Builder = chosen.name
	}
	opt.OnRelease = func(j *release.Journal) {
		a.lastWords = func() {
			if rec := j.Record(); !j.Removed() {
				a.note("%s", unfinished(rec.ID, rec.Phase))
			}
		}
	}
	return nil
}

// adviseRelease says what can be done about the release of a build that has
// failed.
func (a *app) adviseRelease(outcome *report.Report) {
	if outcome != nil && outcome.Release != nil {
		a.note("%s", unfinished(outcome.Release.ID, outcome.Release.Phase))
	}
}

// registriesOf is the client for the registries of a release: they are reached
// as the builder does that pushed the images. It is not started.
func (a *app) registriesOf(ctx context.Context, o *bakeOptions, entry *release.Entry) (*release.Registries, error) {
	chosen := &selection{}
	var err error
	switch name := cmp.Or(o.builder, entry.Builder); name {
	case "":
	case embeddedName:
		chosen, err = a.embedded("", nil)
	default:
		chosen, err = a.namedBuilder(ctx, name)
	}
	if err != nil {
		return nil, err
	}
	node := builder.Node{}
	if len(chosen.nodes) > 0 {
		node = chosen.nodes[0]
	}
	opt := submit.Options{Caller: host.Caller{Env: a.env}, Retries: o.retries, Progress: a.noteSteps}
	chosen.tellRegistries(&opt)
	return submit.Registries(node, opt), nil
}

// noteSteps shows progress that is told without a display: what begins.
func (a *app) noteSteps(status *client.SolveStatus) {
	for _, v := range status.Vertexes {
		if v.Completed == nil {
			a.note("%s", v.Name)
		}
	}
}
