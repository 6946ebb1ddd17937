package cmd

import (
	"context"
	"errors"
	"fmt"

	"bake/bake"
	"bake/bake/build"
)

// build submits the plan to a builder and reports what happened.
func (a *app) build(o *bakeOptions, plan *bake.Plan, r *reporter) error {
	r.add(plan.Collisions())
	if err := r.check(); err != nil {
		return err
	}
	if err := refuseUnsupported(plan); err != nil {
		return err
	}
	mode, err := progressMode(o.progress, a.env)
	if err != nil {
		return err
	}
	ctx, stop := a.interruptible(context.Background())
	defer stop()
	chosen, err := a.selectBuilder(ctx, o.builder)
	if err != nil {
		return interruptedOr(ctx, err)
	}
	report, err := a.submit(ctx, o, plan, chosen, mode)
	if mode.talkative() && report != nil {
		a.writeSummary(report)
	}
	err = interruptedOr(ctx, err)
	if err == nil {
		return writeMetadata(o.metadataFile, report)
	}
	return a.reportFailure(err, plan, report, r)
}

// submit builds and shows the progress of it.
func (a *app) submit(ctx context.Context, o *bakeOptions, plan *bake.Plan, chosen *selection, mode displayMode) (*build.Report, error) {
	display, err := a.newDisplay(mode, chosen)
	if err != nil {
		return nil, err
	}
	defer display.close()
	report, err := build.Run(ctx, plan, chosen.nodes, build.Options{
		Dir:      a.dir,
		Progress: display.update,
		Stdout:   a.out,
		Allow:    o.allow,
		Jobs:     o.jobs,
		Env:      a.env,
		Frontend: build.Frontend(o.frontend),
		Metadata: o.metadataFile != "",
		Docker:   chosen.docker,
	})
	return report, display.explain(err)
}

// refuseUnsupported stops at targets that ask for something this version
// plans and prints but does not run.
func refuseUnsupported(plan *bake.Plan) error {
	for _, t := range plan.Targets {
		if t.Call != nil && *t.Call != "" && *t.Call != "build" {
			return usageErrorf("target %s asks for call=%s: this version of bake builds only", t.Name, *t.Call).
				withHint("Leave out --call and --check, and the attribute call of the target.")
		}
		for _, p := range t.Policy {
			if !p.Disabled {
				return usageErrorf("target %s has a policy: this version of bake does not evaluate policies", t.Name).
					withHint("Building without it would be less safe than you asked for. To build nevertheless, add --policy disabled=true.")
			}
		}
	}
	return nil
}

// interruptedOr replaces what a cancelled build says by the reason for it.
func interruptedOr(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errInterrupted) {
		return errInterrupted
	}
	return err
}

// reportFailure shows why a build failed and returns the error that ends the
// run with the right exit code.
func (a *app) reportFailure(err error, plan *bake.Plan, report *build.Report, r *reporter) error {
	if errors.Is(err, errInterrupted) {
		a.note("%s", cancelledText(report))
		return reported(ExitInterrupted)
	}
	code := exitCode(err)
	var target *build.TargetError
	if !errors.As(err, &target) {
		return &exitError{code: code, err: fmt.Errorf("build: %w", err), hint: failureHint(err, code)}
	}
	r.pending = append(r.pending, newFailure(err, target, plan))
	r.flush()
	return reported(code)
}
