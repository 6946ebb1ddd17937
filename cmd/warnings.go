package cmd

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/solver/errdefs"

	"bake/bake"
	"bake/bake/build"
)

// maxWarnings bounds how many warnings the summary shows.
const maxWarnings = 10

// writeWarnings shows, after the summary, what the run and the checks of
// Dockerfiles warn about, each once.
func writeWarnings(b *strings.Builder, st streams, report *build.Report) {
	lines := slices.Clone(report.Warnings)
	for _, r := range report.Targets {
		for _, w := range r.Warnings {
			line := string(w.Short)
			if w.SourceInfo != nil && len(w.Range) > 0 {
				line = fmt.Sprintf("%s (%s:%d)", line, w.SourceInfo.Filename, w.Range[0].GetStart().GetLine())
			}
			if !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	for i, line := range lines {
		if i == maxWarnings {
			fmt.Fprintf(b, "... and %s\n", count(len(lines)-i, "more warning"))
			return
		}
		text := wrap("warning: "+printable(line), min(st.columns(), maxTextWidth))
		fmt.Fprintf(b, "%s%s\n", st.paint(styleWarning, "warning"), strings.TrimPrefix(text, "warning"))
	}
}

// dockerfileFindings are the warnings about Dockerfiles for programs and for
// annotations: every one, with its place.
func dockerfileFindings(plan *bake.Plan, report *build.Report) []finding {
	if report == nil {
		return nil
	}
	var list []finding
	for _, r := range report.Targets {
		for _, w := range r.Warnings {
			f := dockerfileFinding(plan.Target(r.Name), w)
			same := func(g finding) bool {
				return g.summary == f.summary && g.subject != nil && f.subject != nil && *g.subject == *f.subject
			}
			if !slices.ContainsFunc(list, same) {
				list = append(list, f)
			}
		}
	}
	return list
}

func dockerfileFinding(t *bake.Target, w client.VertexWarning) finding {
	f := finding{severity: "warning", id: "dockerfile", summary: string(w.Short)}
	if rule, _, ok := strings.Cut(f.summary, ":"); ok && !strings.Contains(rule, " ") {
		f.id = "dockerfile/" + rule
	}
	f.detail = string(bytes.Join(w.Detail, []byte("\n")))
	if w.URL != "" {
		f.hint = "See " + w.URL
	}
	place := dockerfilePlace(&errdefs.Source{Info: w.SourceInfo, Ranges: w.Range})
	if place == nil {
		return f
	}
	if t != nil && t.DockerfileInline != nil {
		f.snippet = newSnippet(place.data, place.subject, nil)
		if t.Range.Filename != "" {
			f.subject = &t.Range
		}
		return f
	}
	place.subject.Filename = dockerfileName(t, place.subject.Filename)
	f.snippet = newSnippet(place.data, place.subject, nil)
	f.subject = &place.subject
	return f
}
