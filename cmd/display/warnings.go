package display

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/solver/errdefs"

	"bake/bake"
	"bake/bake/submit/report"
	"bake/cmd/diagnostics"
	"bake/cmd/terminal"
)

// maxWarnings bounds how many warnings the summary shows.
const maxWarnings = 10

// writeWarnings shows, after the summary, what the run and the checks of
// Dockerfiles warn about.
func writeWarnings(b *strings.Builder, st terminal.Streams, outcome *report.Report, found []diagnostics.Finding) {
	lines := slices.Clone(outcome.Warnings)
	for _, f := range found {
		line := f.Summary
		if f.Snippet != nil {
			line = fmt.Sprintf("%s (%s:%d)", line, f.Snippet.File, f.Snippet.Line)
		}
		lines = append(lines, line)
	}
	for i, line := range lines {
		if i == maxWarnings {
			fmt.Fprintf(b, "... and %s\n", terminal.Count(len(lines)-i, "more warning"))
			return
		}
		text := terminal.Wrap("warning: "+terminal.Printable(line), st.Prose())
		fmt.Fprintf(b, "%s%s\n", st.Paint(terminal.StyleWarning, "warning"), strings.TrimPrefix(text, "warning"))
	}
}

// DockerfileFindings are the warnings about Dockerfiles for programs and for
// annotations: every one, with its place.
func DockerfileFindings(plan *bake.Plan, outcome *report.Report) []diagnostics.Finding {
	if outcome == nil {
		return nil
	}
	var list []diagnostics.Finding
	for _, r := range outcome.Targets {
		for _, w := range r.Warnings {
			list = AddNew(list, DockerfileFinding(plan.Target(r.Name), w))
		}
	}
	return list
}

// AddNew adds a finding that is not in the list: targets may share a Dockerfile.
func AddNew(list []diagnostics.Finding, f diagnostics.Finding) []diagnostics.Finding {
	same := func(g diagnostics.Finding) bool {
		return g.Summary == f.Summary && g.Subject != nil && f.Subject != nil && *g.Subject == *f.Subject
	}
	if slices.ContainsFunc(list, same) {
		return list
	}
	return append(list, f)
}

// lineSuffix is how the checks name the line, which is told in another way.
var lineSuffix = regexp.MustCompile(` \(line \d+\)$`)

// DockerfileFinding is a warning about the Dockerfile of a target.
func DockerfileFinding(t *bake.Target, w client.VertexWarning) diagnostics.Finding {
	f := diagnostics.Finding{Severity: "warning", Id: "dockerfile", Summary: lineSuffix.ReplaceAllString(string(w.Short), "")}
	if rule, _, ok := strings.Cut(f.Summary, ":"); ok && !strings.Contains(rule, " ") {
		f.Id = "dockerfile/" + rule
	}
	f.Detail = string(bytes.Join(w.Detail, []byte("\n")))
	if w.URL != "" {
		f.Hint = "See " + w.URL
	}
	if t != nil && t.Range.Filename != "" {
		f.Subject = &t.Range
	}
	f.ShowDockerfile(&errdefs.Source{Info: w.SourceInfo, Ranges: w.Range}, t)
	return f
}
