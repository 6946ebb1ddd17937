package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bake/bake"
	"bake/bake/engine"
	"bake/bake/submit"
	"bake/bake/submit/failure"
	"bake/bake/submit/frontend"
	"bake/bake/submit/grant"
	"bake/bake/submit/host"
	"bake/bake/submit/report"
	"bake/cmd/app"
	"bake/cmd/builders"
	"bake/cmd/diagnostics"
	"bake/cmd/display"
	"bake/cmd/enginecmd"
	"bake/cmd/exit"
	"bake/cmd/heap"
	"bake/cmd/recovery"
)

// buildPlan submits the plan to a builder and reports what happened.
func buildPlan(a *app.App, o *bakeOptions, plan *bake.Plan, r *diagnostics.Reporter) error {
	r.Add(plan.Faults(a.Env, true))
	r.Add(plan.Collisions(a.Env))
	if !o.atomic && !o.jobs.hold { // these are refused
		r.Add(recovery.HeldTags(a, plan))
	}
	if err := r.Check(); err != nil {
		return err
	}
	if trust := a.Env["BAKE_TRUST"]; trust != "" && trust != "repo" {
		return exit.Usagef("invalid BAKE_TRUST %q, want repo or nothing", trust)
	}
	mode, err := display.ModeOf(o.progress, a.Env)
	if err != nil {
		return err
	}
	if err := checkMetadata(o, plan); err != nil {
		return err
	}
	if len(plan.Targets) == 0 {
		return buildNothing(a, o, plan, mode, r)
	}
	o.allow = append(o.allow, grant.Implied(plan, a.Env)...)
	ctx, stop := a.Interruptible(context.Background())
	defer stop()
	outcome, err := submitPlan(ctx, a, o, plan, mode, r)
	var entitlement *failure.EntitlementError
	if errors.As(err, &entitlement) {
		if mode.Talkative() {
			fmt.Fprintln(a.Err)
		}
		granted := askEntitlements(ctx, a, entitlement.Missing)
		switch {
		case granted != nil:
			o.allow = append(o.allow, granted...)
			outcome, err = submitPlan(ctx, a, o, plan, mode, r)
		case a.Interactive:
			return app.InterruptedOr(ctx, exit.Reported(exit.Entitlement)) // all was said with the question
		default:
			return refusedEntitlements(a, entitlement.Missing)
		}
	}
	err = app.InterruptedOr(ctx, err)
	rememberFailed(a, o, plan, outcome)
	found := display.DockerfileFindings(plan, outcome)
	if mode.Talkative() && outcome != nil {
		display.WriteSummary(a, outcome, found)
	}
	r.Advise(found)
	if mode.Talkative() && outcome != nil {
		tellWorkflow(a, outcome)
	}
	if err == nil {
		if err := writeMetadata(o.metadataFile, a.JSON(), outcome); err != nil {
			return err
		}
		return showAnswers(a, o, plan, outcome, r)
	}
	if outcome != nil && (o.keepOn || o.jobs.keepGoing) {
		_ = showAnswers(a, o, plan, outcome, r) // the failure counts for more
	}
	if o.goesOn() && ctx.Err() == nil && outcome != nil {
		if err := writeMetadata(o.metadataFile, a.JSON(), outcome); err != nil {
			a.Warn("%s", err)
		}
	}
	if mode.Talkative() && outcome != nil {
		fmt.Fprintln(a.Err)
	}
	return reportFailure(a, err, plan, outcome, r)
}

// buildNothing is the run of a plan without targets, as of an empty group: no
// builder is looked for, and programs find that nothing was built.
func buildNothing(a *app.App, o *bakeOptions, plan *bake.Plan, mode display.Mode, r *diagnostics.Reporter) error {
	if mode.Talkative() {
		a.Note("nothing to build: what was asked for has no targets")
	}
	outcome := &report.Report{Started: time.Now(), Version: app.Version()}
	if err := writeMetadata(o.metadataFile, a.JSON(), outcome); err != nil {
		return err
	}
	if mode.Talkative() {
		tellWorkflow(a, outcome)
	}
	return showAnswers(a, o, plan, outcome, r)
}

// tellWorkflow writes the summary and the outputs of the step. A build is not
// worse for failing to.
func tellWorkflow(a *app.App, outcome *report.Report) {
	if err := a.GitHub.WriteStepSummary(outcome); err != nil {
		a.Warn("write the summary of the step: %s", err)
	}
	if err := a.GitHub.WriteStepOutputs(outcome); err != nil {
		a.Warn("write the outputs of the step: %s", err)
	}
}

// goesOn reports whether the run goes on after a failure, so that what it built
// besides is worth a metadata file. Other runs write one only if all was well,
// which scripts rely on.
func (o *bakeOptions) goesOn() bool { return o.keepOn || o.jobs.keepGoing }

// fewTargets may be built before it would have paid for itself to give memory back.
const fewTargets = 10

// submitPlan builds on the selected builder and shows the progress of it.
func submitPlan(ctx context.Context, a *app.App, o *bakeOptions, plan *bake.Plan, mode display.Mode, r *diagnostics.Reporter) (*report.Report, error) {
	heap.LongRun(50, len(plan.Targets) > fewTargets) // from here on it mostly waits, and should be small
	chosen, err := builders.Select(ctx, a, o.builder, o.allow)
	if err != nil {
		return nil, err
	}
	r.AddOnce(plan.StoreCollisions(chosen.Keeping(a.Env)))
	if err := r.Check(); err != nil {
		return nil, err
	}
	chosen.Announced = o.fetched != nil
	docker, err := builders.DockerFor(ctx, a, plan, chosen)
	if err != nil {
		return nil, err
	}
	display, err := display.New(a, mode, chosen)
	if err != nil {
		return nil, err
	}
	defer display.Close()
	display.Expect(len(plan.Targets), a.Terminal)
	display.Began(o.reading)
	opt := submit.Options{
		Caller:   host.Caller{Dir: a.Dir, Env: a.Env},
		Progress: display.Update,
		Follow:   display.Follow,
		Stdout:   a.Raw(),
		Docker:   docker,
		Allow:    o.allow,
		Jobs:     o.jobs.atOnce(chosen.Driver == builders.EmbeddedName),
		Apart:    o.jobs.counted && o.jobs.limit > 0,
		Retries:  o.retries,
		Timeout:  o.timeout,

		KeepGoing:  o.goesOn(),
		HoldOutput: o.jobs.hold,
		Atomic:     o.atomic,

		Frontend: frontend.Choice(o.frontend),
		Metadata: o.metadataFile != "" || mode.Talkative() && a.GitHub.HasOutputs(),
		Version:  app.Version(),
	}
	if err := holdOutputs(a, &opt, o, plan, chosen); err != nil {
		return nil, err
	}
	builders.TellHistory(a, &opt, o.asked, chosen)
	chosen.TellRegistries(&opt)
	outcome, err := submit.Run(ctx, plan, chosen.Nodes, opt)
	display.ExplainAll(outcome)
	if err != nil && opt.KeepGoing {
		display.Results(outcome, errors.Is(err, exit.ErrInterrupted))
	}
	return outcome, display.Explain(err)
}

// failedTargets are the failures of a run, which are several only if it kept
// going.
func failedTargets(outcome *report.Report) []error {
	var list []error
	if outcome == nil {
		return nil
	}
	for _, r := range outcome.Targets {
		var failure *failure.TargetError
		if r.Result == report.Failed && errors.As(r.Err, &failure) {
			list = append(list, r.Err)
		}
	}
	return list
}

// commonCode is the exit code of several failures: that of all, if they agree.
func commonCode(failures []error) int {
	code := exit.CodeOf(failures[0])
	for _, f := range failures[1:] {
		if exit.CodeOf(f) != code {
			return exit.Build
		}
	}
	return code
}

// lostHint is what to do about a builder that went away.
func lostHint(a *app.App) string {
	const again = "Building again goes on where it ended: finished steps are cached."
	cfg, err := enginecmd.EngineConfig(a)
	if err != nil {
		return again
	}
	return again + " If it was the embedded engine, the end of its log (`bake engine logs`) may tell why:\n\n  " + engine.LogFile(cfg)
}

// reportFailure shows why a build failed and returns the error that ends the
// run with the right exit code.
func reportFailure(a *app.App, err error, plan *bake.Plan, outcome *report.Report, r *diagnostics.Reporter) error {
	defer adviseRelease(a, outcome)
	if errors.Is(err, exit.ErrInterrupted) {
		a.Note("%s", display.CancelledText(outcome))
		return exit.Reported(exit.Interrupted)
	}
	var own *exit.Error
	if errors.As(err, &own) {
		return err
	}
	code := exit.CodeOf(err)
	var target *failure.TargetError
	if !errors.As(err, &target) {
		hint := diagnostics.FailureHint(err, code)
		if failure.Lost(err) {
			hint = lostHint(a)
		}
		return &exit.Error{Code: code, Err: fmt.Errorf("build: %w", err), Hint: hint}
	}
	code = callCode(plan, target, code)
	failures := failedTargets(outcome)
	if len(failures) > 1 {
		code = callCode(plan, target, commonCode(failures))
		for _, err := range failures {
			var each *failure.TargetError
			errors.As(err, &each)
			r.Pending = append(r.Pending, diagnostics.NewFailure(err, each, plan, r.Sources))
		}
	} else {
		r.Pending = append(r.Pending, diagnostics.NewFailure(err, target, plan, r.Sources))
	}
	r.Flush()
	if a.Debug {
		fmt.Fprintf(a.Err, "%+v\n", target.Err)
	}
	return exit.Reported(code)
}
