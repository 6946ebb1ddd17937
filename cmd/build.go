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
	"bake/cmd/heap"
)

// build submits the plan to a builder and reports what happened.
func (a *app) build(o *bakeOptions, plan *bake.Plan, r *reporter) error {
	r.add(plan.Faults(a.env, true))
	r.add(plan.Collisions(a.env))
	if err := r.check(); err != nil {
		return err
	}
	if trust := a.env["BAKE_TRUST"]; trust != "" && trust != "repo" {
		return usageErrorf("invalid BAKE_TRUST %q, want repo or nothing", trust)
	}
	mode, err := progressMode(o.progress, a.env)
	if err != nil {
		return err
	}
	if len(plan.Targets) == 0 {
		return a.buildNothing(o, plan, mode, r)
	}
	o.allow = append(o.allow, grant.Implied(plan, a.env)...)
	ctx, stop := a.interruptible(context.Background())
	defer stop()
	outcome, err := a.submit(ctx, o, plan, mode, r)
	var entitlement *failure.EntitlementError
	if errors.As(err, &entitlement) {
		if mode.talkative() {
			fmt.Fprintln(a.err)
		}
		granted := a.askEntitlements(ctx, entitlement.Missing)
		switch {
		case granted != nil:
			o.allow = append(o.allow, granted...)
			outcome, err = a.submit(ctx, o, plan, mode, r)
		case a.interactive:
			return interruptedOr(ctx, reported(ExitEntitlement)) // all was said with the question
		default:
			return a.refused(entitlement.Missing)
		}
	}
	err = interruptedOr(ctx, err)
	a.remember(o, plan, outcome)
	found := dockerfileFindings(plan, outcome)
	if mode.talkative() && outcome != nil {
		a.writeSummary(outcome, found)
	}
	r.advise(found)
	if mode.talkative() && outcome != nil {
		a.tellWorkflow(outcome)
	}
	if err == nil {
		if err := writeMetadata(o.metadataFile, outcome); err != nil {
			return err
		}
		return a.showAnswers(o, plan, outcome, r)
	}
	if outcome != nil && (o.keepOn || o.jobs.keepGoing) {
		_ = a.showAnswers(o, plan, outcome, r) // the failure counts for more
	}
	if o.goesOn() && ctx.Err() == nil && outcome != nil {
		if err := writeMetadata(o.metadataFile, outcome); err != nil {
			a.warn("%s", err)
		}
	}
	if mode.talkative() && outcome != nil {
		fmt.Fprintln(a.err)
	}
	return a.reportFailure(err, plan, outcome, r)
}

// buildNothing is the run of a plan without targets, as of an empty group: no
// builder is looked for, and programs find that nothing was built.
func (a *app) buildNothing(o *bakeOptions, plan *bake.Plan, mode displayMode, r *reporter) error {
	if mode.talkative() {
		a.note("nothing to build: what was asked for has no targets")
	}
	outcome := &report.Report{Started: time.Now(), Version: version()}
	if err := writeMetadata(o.metadataFile, outcome); err != nil {
		return err
	}
	if mode.talkative() {
		a.tellWorkflow(outcome)
	}
	return a.showAnswers(o, plan, outcome, r)
}

// tellWorkflow writes the summary and the outputs of the step. A build is not
// worse for failing to.
func (a *app) tellWorkflow(outcome *report.Report) {
	if err := a.github.writeStepSummary(outcome); err != nil {
		a.warn("write the summary of the step: %s", err)
	}
	if err := a.github.writeStepOutputs(outcome); err != nil {
		a.warn("write the outputs of the step: %s", err)
	}
}

// goesOn reports whether the run goes on after a failure, so that what it built
// besides is worth a metadata file. Other runs write one only if all was well,
// which scripts rely on.
func (o *bakeOptions) goesOn() bool { return o.keepOn || o.jobs.keepGoing }

// fewTargets may be built before it would have paid for itself to give memory back.
const fewTargets = 10

// submit builds on the selected builder and shows the progress of it.
func (a *app) submit(ctx context.Context, o *bakeOptions, plan *bake.Plan, mode displayMode, r *reporter) (*report.Report, error) {
	heap.LongRun(100, len(plan.Targets) > fewTargets) // from here on it mostly waits, and should be small
	chosen, err := a.selectBuilder(ctx, o.builder, o.allow)
	if err != nil {
		return nil, err
	}
	r.addOnce(plan.StoreCollisions(chosen.keeping(a.env)))
	if err := r.check(); err != nil {
		return nil, err
	}
	chosen.announced = o.fetched != nil
	docker, err := a.dockerFor(ctx, plan, chosen)
	if err != nil {
		return nil, err
	}
	display, err := a.newDisplay(mode, chosen)
	if err != nil {
		return nil, err
	}
	defer display.close()
	display.expect(len(plan.Targets), a.terminal)
	display.began(o.reading)
	opt := submit.Options{
		Caller:   host.Caller{Dir: a.dir, Env: a.env},
		Progress: display.update,
		Follow:   display.follow,
		Stdout:   a.out,
		Docker:   docker,
		Allow:    o.allow,
		Jobs:     o.jobs.atOnce(chosen.driver == embeddedName),
		Retries:  o.retries,
		Timeout:  o.timeout,

		KeepGoing:  o.goesOn(),
		HoldOutput: o.jobs.hold,
		Atomic:     o.atomic,

		Frontend: frontend.Choice(o.frontend),
		Metadata: o.metadataFile != "" || mode.talkative() && a.github.hasOutputs(),
		Version:  version(),
	}
	if err := a.holdOutputs(&opt, o, chosen); err != nil {
		return nil, err
	}
	a.tellHistory(&opt, o, chosen)
	chosen.tellRegistries(&opt)
	outcome, err := submit.Run(ctx, plan, chosen.nodes, opt)
	display.explainAll(outcome)
	if err != nil && opt.KeepGoing {
		display.results(outcome)
	}
	return outcome, display.explain(err)
}

// interruptedOr replaces what a cancelled build says by the reason for it.
func interruptedOr(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errInterrupted) {
		return errInterrupted
	}
	return err
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
	code := exitCode(failures[0])
	for _, f := range failures[1:] {
		if exitCode(f) != code {
			return ExitBuild
		}
	}
	return code
}

// lostHint is what to do about a builder that went away.
func (a *app) lostHint() string {
	const again = "Building again goes on where it ended: finished steps are cached."
	cfg, err := a.engineConfig()
	if err != nil {
		return again
	}
	return again + " If it was the embedded engine, the end of its log (`bake engine logs`) may tell why:\n\n  " + engine.LogFile(cfg)
}

// reportFailure shows why a build failed and returns the error that ends the
// run with the right exit code.
func (a *app) reportFailure(err error, plan *bake.Plan, outcome *report.Report, r *reporter) error {
	defer a.adviseRelease(outcome)
	if errors.Is(err, errInterrupted) {
		a.note("%s", cancelledText(outcome))
		return reported(ExitInterrupted)
	}
	var own *exitError
	if errors.As(err, &own) {
		return err
	}
	code := exitCode(err)
	var target *failure.TargetError
	if !errors.As(err, &target) {
		hint := failureHint(err, code)
		if failure.Lost(err) {
			hint = a.lostHint()
		}
		return &exitError{code: code, err: fmt.Errorf("build: %w", err), hint: hint}
	}
	code = callCode(plan, target, code)
	failures := failedTargets(outcome)
	if len(failures) > 1 {
		code = callCode(plan, target, commonCode(failures))
		for _, err := range failures {
			var each *failure.TargetError
			errors.As(err, &each)
			r.pending = append(r.pending, newFailure(err, each, plan, r.sources))
		}
	} else {
		r.pending = append(r.pending, newFailure(err, target, plan, r.sources))
	}
	r.flush()
	if a.debug {
		fmt.Fprintf(a.err, "%+v\n", target.Err)
	}
	return reported(code)
}
