package github

import (
	"io"
	"strconv"
	"strings"

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

// Workflow is the step of a workflow that bake runs in.
type Workflow struct {
	Commands io.Writer // workflow commands go here, one a line, and what they enclose
	summary  string    // file that takes Markdown for the page of the run; empty is none
	outputs  string    // file that takes the outputs of the step; empty is none
}

// New returns nil outside GitHub Actions.
func New(w io.Writer, env bake.Env) *Workflow {
	if !onGitHub(env) {
		return nil
	}
	return &Workflow{Commands: w, summary: env["GITHUB_STEP_SUMMARY"], outputs: env["GITHUB_OUTPUT"]}
}

// HasOutputs reports whether a later step can read outputs of this one.
func (w *Workflow) HasOutputs() bool { return w != nil && w.outputs != "" }

// EscapeData and escapeProperty follow the rules of workflow commands: a
// property, unlike the message, may hold neither a colon nor a comma.
func EscapeData(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

// EscapeProperty makes text safe as the property of a workflow command.
func EscapeProperty(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(EscapeData(text))
}
