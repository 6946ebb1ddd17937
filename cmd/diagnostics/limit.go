package diagnostics

import (
	"fmt"

	"bake/cmd/terminal"
)

// How many errors of a definition are shown. A person, in a terminal or on a page
// of GitHub, mends the first ones and looks again: most of the others are often
// their consequence. A program gets as many as it could be asked to list, and the
// number of the rest.
const (
	maxErrors = 20
	maxListed = 500
)

// buildFailed is the kind of the failures of targets. They are never left out:
// each tells of something else, and there are no more than targets.
const buildFailed = "build-failed"

// bounded leaves so many errors and so many warnings of a list, and tells how many
// others there are.
func bounded(list []Finding, errors, warnings int) (shown, rest []Finding) {
	left := map[string]int{"error": errors, "warning": warnings}
	more := map[string]int{}
	for _, f := range list {
		if f.Id != buildFailed {
			if left[f.Severity] <= 0 {
				more[f.Severity]++
				continue
			}
			left[f.Severity]--
		}
		shown = append(shown, f)
	}
	for _, severity := range []string{"error", "warning"} {
		if n := more[severity]; n > 0 {
			rest = append(rest, Finding{
				Severity: severity, Id: "more-" + severity + "s", rest: n,
				Summary: terminal.Count(n, "more "+severity),
				Detail:  fmt.Sprintf("%s not shown.", terminal.CountIs(n, "more "+severity)),
			})
		}
	}
	return shown, rest
}

// count counts those that a limit is for.
func count(list []Finding) (errors, warnings int) {
	for _, f := range list {
		switch {
		case f.Severity == "warning":
			warnings++
		case f.Id != buildFailed:
			errors++
		}
	}
	return errors, warnings
}

// note counts what was shown.
func (r *Reporter) note(batch []Finding) {
	errors, warnings := count(batch)
	r.told += errors
	r.warned += warnings
}

// annotate shows a batch on the page of the workflow.
func (r *Reporter) annotate(batch []Finding) {
	shown, rest := bounded(batch, maxErrors-r.told, maxErrors-r.warned)
	r.GitHub.write(r.raised(append(shown, rest...)))
}

// excerpt adds the lines in question to the findings that may be shown whole.
func (r *Reporter) excerpt(list []Finding) {
	left := map[string]int{"error": maxListed, "warning": maxListed}
	for i := range list {
		f := &list[i]
		if left[f.Severity]--; f.inSource && left[f.Severity] >= 0 {
			f.Snippet = newSnippet(r.linesOf(f.Subject.Filename), *f.Subject, f.context)
		}
	}
}
