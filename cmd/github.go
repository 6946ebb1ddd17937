package cmd

import (
	"io"
	"strconv"

	"bake/bake"
)

// onGitHub reports whether this is a step of a workflow of GitHub Actions, or of
// one of its lookalikes, and bake may talk to it. BAKE_GITHUB=0 forbids it.
func onGitHub(env bake.Env) bool {
	if wanted, err := strconv.ParseBool(env["BAKE_GITHUB"]); err == nil && !wanted {
		return false
	}
	return env["GITHUB_ACTIONS"] == "true"
}

// workflow is the step of a workflow that bake runs in.
type workflow struct {
	commands io.Writer // workflow commands go here, one a line, and what they enclose
	summary  string    // file that takes Markdown for the page of the run; empty is none
	outputs  string    // file that takes the outputs of the step; empty is none
}

// newWorkflow returns nil outside GitHub Actions.
func newWorkflow(w io.Writer, env bake.Env) *workflow {
	if !onGitHub(env) {
		return nil
	}
	return &workflow{commands: w, summary: env["GITHUB_STEP_SUMMARY"], outputs: env["GITHUB_OUTPUT"]}
}

// joinWorkflow makes everything that bake says from now on safe to say in a
// workflow.
func (a *app) joinWorkflow() {
	a.github = newWorkflow(a.err, a.env)
	if a.github != nil && !a.terminal {
		a.err = &guard{w: a.err}
	}
}

// hasOutputs reports whether a later step can read outputs of this one.
func (w *workflow) hasOutputs() bool { return w != nil && w.outputs != "" }
