package cmd

import (
	"fmt"
	"io"
	"strings"
)

// writeText shows a batch of findings to a person, and how many there were.
func (r *reporter) writeText(batch []finding) {
	if len(batch) == 0 {
		return
	}
	var b strings.Builder
	seen := map[string]int{}
	var rest []finding
	for _, f := range batch {
		if f.severity == "warning" && f.id != "" && f.subject != nil {
			if seen[f.id]++; seen[f.id] > maxAlike {
				rest = append(rest, f)
				continue
			}
		}
		f.writeText(&b, r.streams)
		b.WriteByte('\n')
	}
	r.writeRest(&b, rest)
	if tally := r.tally(batch); tally != "" {
		fmt.Fprintln(&b, tally)
	}
	io.WriteString(r.err, b.String())
}

// maxAlike is how many warnings of one kind are shown with all that is known.
const maxAlike = 5

// writeRest shows warnings beyond those of their kind that are shown in full, a
// line each.
func (r *reporter) writeRest(b *strings.Builder, rest []finding) {
	for _, f := range rest {
		what, _, _ := strings.Cut(f.detail, ". ")
		what, _, _ = strings.Cut(what, ", so ")
		fmt.Fprintf(b, "%s: %s:%d:%d: %s\n", r.paint(styleWarning, "warning["+f.id+"]"),
			f.subject.Filename, f.subject.Start.Line, f.subject.Start.Column, strings.TrimSuffix(what, "."))
	}
	if len(rest) > 0 {
		b.WriteByte('\n')
	}
}

// tally counts a batch of several findings, and says what --strict did.
func (r *reporter) tally(batch []finding) string {
	errors, warnings := 0, 0
	for _, f := range batch {
		if f.severity == "error" {
			errors++
		} else {
			warnings++
		}
	}
	var parts []string
	if errors > 0 {
		parts = append(parts, count(errors, "error"))
	}
	if warnings > 0 {
		parts = append(parts, count(warnings, "warning"))
	}
	text := strings.Join(parts, " and ")
	if r.strict && warnings > 0 {
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
func (f finding) writeText(b *strings.Builder, st streams) {
	style := styleError
	if f.severity == "warning" {
		style = styleWarning
	}
	label := f.severity
	if f.id != "" {
		label += "[" + f.id + "]"
	}
	fmt.Fprintf(b, "%s: %s\n", st.paint(style, label), st.paint(styleBold, f.summary))
	f.writePlace(b, st, style)
	width := st.prose()
	if f.detail != "" {
		fmt.Fprintf(b, "\n%s\n", wrap(f.detail, width))
	}
	if len(f.log) > 0 {
		b.WriteByte('\n')
		for _, line := range f.log {
			fmt.Fprintf(b, "%s %s\n", st.paint(styleFaint, "  |"), line)
		}
	}
	if f.hint != "" {
		fmt.Fprintf(b, "\n%s\n", wrap(f.hint, width))
	}
}

// writePlace shows where the finding is and what is known about that place.
func (f finding) writePlace(b *strings.Builder, st streams, style string) {
	pad := " "
	switch {
	case f.snippet != nil:
		f.snippet.write(b, st, style)
		pad = strings.Repeat(" ", f.snippet.numberWidth)
	case f.subject != nil && f.subject.Start.Line > 0:
		fmt.Fprintf(b, " %s %s:%d:%d\n", st.paint(styleMark, "-->"), f.subject.Filename, f.subject.Start.Line, f.subject.Start.Column)
	case f.subject != nil:
		fmt.Fprintf(b, " %s %s\n", st.paint(styleMark, "-->"), f.subject.Filename)
	}
	for _, v := range f.values {
		fmt.Fprintf(b, "%s %s %s is %s\n", pad, st.paint(styleMark, "="), v.Name, v.Value)
	}
	notes := f.notes
	if also := f.alsoAt(); also != "" {
		notes = append([]string{also}, notes...)
	}
	for _, note := range notes {
		fmt.Fprintf(b, "%s %s %s\n", pad, st.paint(styleMark, "="), note)
	}
}

// wrap breaks prose at spaces. Lines that start with space are commands or
// lists and stay as they are.
func wrap(text string, width int) string {
	var out []string
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			out = append(out, line)
			continue
		}
		out = append(out, wrapLine(line, width)...)
	}
	return strings.Join(out, "\n")
}

func wrapLine(line string, width int) []string {
	var out []string
	current := ""
	for _, word := range strings.Fields(line) {
		if current != "" && columns(current)+1+columns(word) > width {
			out = append(out, current)
			current = ""
		}
		if current != "" {
			current += " "
		}
		current += word
	}
	return append(out, current)
}
