package diagnostics

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"bake/bake"
	"bake/cmd/github"
	"bake/cmd/terminal"
)

// Annotator shows findings in the pages of GitHub Actions, by workflow
// commands on standard error.
type Annotator struct {
	W         io.Writer
	dir       string // working directory of the run
	workspace string // root of the checkout; paths are given relative to it
}

// NewAnnotator returns nil outside GitHub Actions.
func NewAnnotator(step *github.Workflow, dir string, env bake.Env) *Annotator {
	if step == nil {
		return nil
	}
	workspace := env["GITHUB_WORKSPACE"]
	if real, err := filepath.EvalSymlinks(workspace); err == nil {
		workspace = real // as the working directory
	}
	return &Annotator{W: step.Commands, dir: dir, workspace: workspace}
}

// write shows one annotation for each finding.
func (a *Annotator) write(list []Finding) {
	for _, f := range list {
		fmt.Fprintln(a.W, a.command(f))
	}
}

// maxTitle bounds the title of an annotation, which may have a whole RUN
// instruction in it; the message below is never cut.
const maxTitle = 120

// command is the workflow command for a finding.
func (a *Annotator) command(f Finding) string {
	var properties []string
	add := func(key, value string) {
		properties = append(properties, key+"="+github.EscapeProperty(value))
	}
	if f.Subject != nil {
		add("file", a.path(f.Subject.Filename))
	}
	if f.Subject != nil && f.Subject.Start.Line > 0 {
		add("line", fmt.Sprint(f.Subject.Start.Line))
		add("endLine", fmt.Sprint(max(f.Subject.Start.Line, f.Subject.End.Line)))
		if f.Subject.Start.Line == f.Subject.End.Line { // GitHub ignores columns over several lines
			add("col", fmt.Sprint(f.Subject.Start.Column))
			add("endColumn", fmt.Sprint(f.Subject.End.Column))
		}
	}
	add("title", terminal.Clip(f.Summary, maxTitle))
	message := f.Detail
	if message == "" {
		message = f.Summary
	}
	if also := f.alsoAt(); also != "" {
		message += "\n\n" + also
	}
	if len(f.log) > 0 {
		message += "\n\n" + strings.Join(f.log, "\n")
	}
	return "::" + f.Severity + " " + strings.Join(properties, ",") + "::" + github.EscapeData(message)
}

// path is a file as seen from the root of the checkout, where GitHub looks
// for it.
func (a *Annotator) path(name string) string {
	if a.workspace == "" {
		return name
	}
	absolute := name
	if !filepath.IsAbs(absolute) {
		absolute = filepath.Join(a.dir, absolute)
	}
	relative, err := filepath.Rel(a.workspace, absolute)
	if err != nil || strings.HasPrefix(relative, "..") {
		return name
	}
	return filepath.ToSlash(relative)
}
