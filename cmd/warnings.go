package cmd

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
)

// maxWarnings bounds how many warnings the summary shows.
const maxWarnings = 10

// writeWarnings shows, after the summary, what the run and the checks of
// Dockerfiles warn about.
func writeWarnings(b *strings.Builder, st streams, outcome *report.Report, found []finding) {
	lines := slices.Clone(outcome.Warnings)
	for _, f := range found {
		line := f.summary
		if f.snippet != nil {
			line = fmt.Sprintf("%s (%s:%d)", line, f.snippet.file, f.snippet.line)
		}
		lines = append(lines, line)
	}
	for i, line := range lines {
		if i == maxWarnings {
			fmt.Fprintf(b, "... and %s\n", count(len(lines)-i, "more warning"))
			return
		}
		text := wrap("warning: "+printable(line), st.prose())
		fmt.Fprintf(b, "%s%s\n", st.paint(styleWarning, "warning"), strings.TrimPrefix(text, "warning"))
	}
}

// dockerfileFindings are the warnings about Dockerfiles for programs and for
// annotations: every one, with its place.
func dockerfileFindings(plan *bake.Plan, outcome *report.Report) []finding {
	if outcome == nil {
		return nil
	}
	var list []finding
	for _, r := range outcome.Targets {
		for _, w := range r.Warnings {
			list = addNew(list, dockerfileFinding(plan.Target(r.Name), w))
		}
	}
	return list
}

// addNew adds a finding that is not in the list: targets may share a Dockerfile.
func addNew(list []finding, f finding) []finding {
	same := func(g finding) bool {
		return g.summary == f.summary && g.subject != nil && f.subject != nil && *g.subject == *f.subject
	}
	if slices.ContainsFunc(list, same) {
		return list
	}
	return append(list, f)
}

// lineSuffix is how the checks name the line, which is told in another way.
var lineSuffix = regexp.MustCompile(` \(line \d+\)$`)

func dockerfileFinding(t *bake.Target, w client.VertexWarning) finding {
	f := finding{severity: "warning", id: "dockerfile", summary: lineSuffix.ReplaceAllString(string(w.Short), "")}
	if rule, _, ok := strings.Cut(f.summary, ":"); ok && !strings.Contains(rule, " ") {
		f.id = "dockerfile/" + rule
	}
	f.detail = string(bytes.Join(w.Detail, []byte("\n")))
	if w.URL != "" {
		f.hint = "See " + w.URL
	}
	if t != nil && t.Range.Filename != "" {
		f.subject = &t.Range
	}
	f.showDockerfile(&errdefs.Source{Info: w.SourceInfo, Ranges: w.Range}, t)
	return f
}
