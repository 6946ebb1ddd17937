package cmd

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"bake/bake"
)

// annotator shows findings in the pages of GitHub Actions, by workflow
// commands on standard error.
type annotator struct {
	w         io.Writer
	dir       string // working directory of the run
	workspace string // root of the checkout; paths are given relative to it
}

// newAnnotator returns nil outside GitHub Actions.
func newAnnotator(step *workflow, dir string, env bake.Env) *annotator {
	if step == nil {
		return nil
	}
	return &annotator{w: step.commands, dir: dir, workspace: env["GITHUB_WORKSPACE"]}
}

// write shows one annotation for each finding.
func (a *annotator) write(list []finding) {
	for _, f := range list {
		fmt.Fprintln(a.w, a.command(f))
	}
}

// maxTitle bounds the title of an annotation, which may have a whole RUN
// instruction in it; the message below is never cut.
const maxTitle = 120

// command is the workflow command for a finding.
func (a *annotator) command(f finding) string {
	var properties []string
	add := func(key, value string) {
		properties = append(properties, key+"="+escapeProperty(value))
	}
	if f.subject != nil {
		add("file", a.path(f.subject.Filename))
	}
	if f.subject != nil && f.subject.Start.Line > 0 {
		add("line", fmt.Sprint(f.subject.Start.Line))
		add("endLine", fmt.Sprint(max(f.subject.Start.Line, f.subject.End.Line)))
		if f.subject.Start.Line == f.subject.End.Line { // GitHub ignores columns over several lines
			add("col", fmt.Sprint(f.subject.Start.Column))
			add("endColumn", fmt.Sprint(f.subject.End.Column))
		}
	}
	add("title", clip(f.summary, maxTitle))
	message := f.detail
	if message == "" {
		message = f.summary
	}
	if also := f.alsoAt(); also != "" {
		message += "\n\n" + also
	}
	if len(f.log) > 0 {
		message += "\n\n" + strings.Join(f.log, "\n")
	}
	return "::" + f.severity + " " + strings.Join(properties, ",") + "::" + escapeData(message)
}

// path is a file as seen from the root of the checkout, where GitHub looks
// for it.
func (a *annotator) path(name string) string {
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

// escapeData and escapeProperty follow the rules of workflow commands: a
// property, unlike the message, may hold neither a colon nor a comma.
func escapeData(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

func escapeProperty(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(escapeData(text))
}
