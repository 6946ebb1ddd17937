package diagnostics

import (
	"fmt"
	"io"
	"strings"

	"bake/cmd/terminal"
)

// writeText shows a batch of findings to a person, and how many there were.
func (r *Reporter) writeText(batch []Finding) {
	if len(batch) == 0 {
		return
	}
	var b strings.Builder
	seen := map[string]int{}
	var rest []Finding
	shown, _ := bounded(batch, maxErrors-r.told, len(batch))
	for _, f := range shown {
		if f.Severity == "warning" && f.Id != "" && f.Subject != nil {
			if seen[f.Id]++; seen[f.Id] > maxAlike {
				rest = append(rest, f)
				continue
			}
		}
		f.writeText(&b, r.Streams)
		b.WriteByte('\n')
	}
	r.writeRest(&b, rest)
	if tally := r.tally(batch, len(batch)-len(shown)); tally != "" {
		fmt.Fprintln(&b, tally)
	}
	io.WriteString(r.Err, b.String())
}

// maxAlike is how many warnings of one kind are shown with all that is known, and
// maxBrief how many others, of any kind, with a line.
const (
	maxAlike = 5
	maxBrief = 100
)

// writeRest shows warnings beyond those of their kind that are shown in full, a
// line each.
func (r *Reporter) writeRest(b *strings.Builder, rest []Finding) {
	for i, f := range rest {
		if i == maxBrief {
			fmt.Fprintf(b, "... and %s\n", terminal.Count(len(rest)-i, "more warning"))
			break
		}
		what, _, _ := strings.Cut(f.Detail, ". ")
		what, _, _ = strings.Cut(what, ", so ")
		fmt.Fprintf(b, "%s: %s:%d:%d: %s\n", r.Paint(terminal.StyleWarning, "warning["+f.Id+"]"),
			f.Subject.Filename, f.Subject.Start.Line, f.Subject.Start.Column, strings.TrimSuffix(what, "."))
	}
	if len(rest) > 0 {
		b.WriteByte('\n')
	}
}

// tally counts a batch of several findings, and says what --strict did and how
// many errors are not shown.
func (r *Reporter) tally(batch []Finding, left int) string {
	errors, warnings := 0, 0
	for _, f := range batch {
		if f.Severity == "error" {
			errors++
		} else {
			warnings++
		}
	}
	var parts []string
	if errors > 0 {
		parts = append(parts, terminal.Count(errors, "error"))
	}
	if warnings > 0 {
		parts = append(parts, terminal.Count(warnings, "warning"))
	}
	text := strings.Join(parts, " and ")
	if left > 0 {
		text += fmt.Sprintf("; %s, as the first ones may be the cause of the rest", terminal.CountIs(left, "error")+" not shown")
	}
	if r.Strict && warnings > 0 {
		return text + "; --strict makes every warning an error"
	}
	if len(batch) < 2 {
		return ""
	}
	return text
}

// writeText draws one finding:
//
//	error[unknown-variable]: Unknown variable
//	  --> docker-bake.hcl:12:15
//	   |
//	12 |   VERSION = "${TAGG}-${TAG}"
//	   |                ^^^^
//	   = TAG is "dev"
//
//	There is no variable named "TAGG". Did you mean "TAG"?
func (f Finding) writeText(b *strings.Builder, st terminal.Streams) {
	style := terminal.StyleError
	if f.Severity == "warning" {
		style = terminal.StyleWarning
	}
	label := f.Severity
	if f.Id != "" {
		label += "[" + f.Id + "]"
	}
	fmt.Fprintf(b, "%s: %s\n", st.Paint(style, label), st.Paint(terminal.StyleBold, f.Summary))
	f.writePlace(b, st, style)
	width := st.Prose()
	if f.Detail != "" {
		fmt.Fprintf(b, "\n%s\n", terminal.Wrap(f.Detail, width))
	}
	if len(f.log) > 0 {
		b.WriteByte('\n')
		for _, line := range f.log {
			fmt.Fprintf(b, "%s %s\n", st.Paint(terminal.StyleFaint, "  |"), line)
		}
	}
	if f.Hint != "" {
		fmt.Fprintf(b, "\n%s\n", terminal.Wrap(f.Hint, width))
	}
}

// writePlace shows where the finding is and what is known about that place.
func (f Finding) writePlace(b *strings.Builder, st terminal.Streams, style string) {
	pad := " "
	switch {
	case f.Snippet != nil:
		f.Snippet.write(b, st, style)
		pad = strings.Repeat(" ", f.Snippet.numberWidth)
	case f.Subject != nil && f.Subject.Start.Line > 0:
		fmt.Fprintf(b, " %s %s:%d:%d\n", st.Paint(terminal.StyleMark, "-->"), f.Subject.Filename, f.Subject.Start.Line, f.Subject.Start.Column)
	case f.Subject != nil:
		fmt.Fprintf(b, " %s %s\n", st.Paint(terminal.StyleMark, "-->"), f.Subject.Filename)
	}
	for _, v := range f.values {
		fmt.Fprintf(b, "%s %s %s is %s\n", pad, st.Paint(terminal.StyleMark, "="), v.Name, v.Value)
	}
	notes := f.notes
	if also := f.alsoAt(); also != "" {
		notes = append([]string{also}, notes...)
	}
	for _, note := range notes {
		fmt.Fprintf(b, "%s %s %s\n", pad, st.Paint(terminal.StyleMark, "="), note)
	}
}
