package diagnostics

import (
	"bytes"
	"fmt"
	"strings"

	"bake/cmd/terminal"

	"github.com/apparentlymart/go-textseg/v15/textseg"
	"github.com/hashicorp/hcl/v2"
)

// maxSnippetLines bounds an excerpt; what lies between is cut out.
const maxSnippetLines = 7

// snippet is an excerpt of a source file with the place in question marked.
type snippet struct {
	File        string
	Line        int // first line of the marked place, from 1
	column      int // its first column in characters, from 1
	lines       []snippetLine
	numberWidth int
}

// snippetLine is one line of an excerpt, or the part of it that is around the
// marked place. The marked part is the bytes [from, to) of the text; from == to
// marks nothing.
type snippetLine struct {
	number   int
	text     string
	from, to int
	offset   int  // how many bytes of the line are before the text
	cut      bool // there are more behind it
	gap      bool // lines before this one were cut out
}

// newSnippet cuts the excerpt for a place out of the lines of a source. The
// context, when given, is the wider range to show. It returns nil when the source
// does not hold the place.
func newSnippet(lines []string, subject hcl.Range, context *hcl.Range) *snippet {
	first, last := subject.Start.Line, subject.End.Line
	if first < 1 || first > len(lines) || last < first {
		return nil
	}
	if subject.End.Column == 1 && last > first {
		last-- // the range ends before the first character of its last line
	}
	last = min(last, len(lines))
	s := &snippet{File: subject.Filename, Line: first, column: subject.Start.Column}
	showFirst, showLast := first, last
	if context != nil && context.Filename == subject.Filename {
		showFirst = max(1, min(first, context.Start.Line))
		showLast = min(len(lines), max(last, context.End.Line))
	}
	gap := false
	for n := showFirst; n <= showLast; n++ {
		if !worthShowing(n, first, last, showFirst, showLast) {
			gap = true
			continue
		}
		from, to := marked(lines[n-1], n, subject)
		l := snippetLine{number: n, text: lines[n-1], from: from, to: to, gap: gap}
		s.lines = append(s.lines, l.withoutCredentials().clipped())
		gap = false
	}
	s.numberWidth = len(fmt.Sprint(showLast))
	return s
}

// worthShowing picks the lines of a long excerpt: its first and last, and the
// first lines of the marked place.
func worthShowing(n, first, last, showFirst, showLast int) bool {
	if showLast-showFirst < maxSnippetLines {
		return true
	}
	return n == showFirst || n == showLast || (n >= first && n <= last && n < first+maxSnippetLines-3)
}

// marked gives the bytes of a line that belong to the range. An empty range
// marks one character.
func marked(line string, number int, r hcl.Range) (from, to int) {
	last := r.End.Line
	if r.End.Column == 1 && last > r.Start.Line {
		last--
	}
	if number < r.Start.Line || number > last {
		return 0, 0
	}
	from, to = len(line)-len(strings.TrimLeft(line, " \t")), len(line)
	if number == r.Start.Line {
		from = columnOffset(line, r.Start.Column)
	}
	if number == r.End.Line {
		to = columnOffset(line, r.End.Column)
	}
	if to <= from {
		to = min(from+1, len(line)+1)
	}
	return from, to
}

// columnOffset is the byte offset of a column. As HCL does, it counts
// characters as people see them (grapheme clusters), from 1.
func columnOffset(line string, column int) int {
	offset, bytes := 0, []byte(line)
	for ; column > 1 && offset < len(line); column-- {
		size, _, err := textseg.ScanGraphemeClusters(bytes[offset:], true)
		if err != nil || size == 0 {
			break
		}
		offset += size
	}
	return offset
}

// splitLines cuts a source into lines without their line ends.
func splitLines(source []byte) []string {
	source = bytes.TrimPrefix(source, []byte("\xef\xbb\xbf"))
	lines := strings.Split(string(source), "\n")
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\r")
	}
	return lines
}

// write draws the excerpt:
//
//	  --> docker-bake.hcl:12:15
//	   |
//	12 |   VERSION = TAGG
//	   |             ^^^^
func (s *snippet) write(b *strings.Builder, st terminal.Streams, style string) {
	pad := strings.Repeat(" ", s.numberWidth)
	bar := st.Paint(terminal.StyleMark, "|")
	fmt.Fprintf(b, "%s%s %s:%d:%d\n", pad, st.Paint(terminal.StyleMark, "-->"), s.File, s.Line, s.column)
	fmt.Fprintf(b, "%s %s\n", pad, bar)
	for _, l := range s.lines {
		if l.gap {
			fmt.Fprintf(b, "%s\n", st.Paint(terminal.StyleMark, "..."))
		}
		number := st.Paint(terminal.StyleMark, fmt.Sprintf("%*d", s.numberWidth, l.number))
		before, after := l.dots()
		fmt.Fprintf(b, "%s %s\n", number, strings.TrimRight(bar+" "+before+terminal.Printable(l.text)+after, " "))
		if l.to > l.from {
			fmt.Fprintf(b, "%s %s %s%s%s\n", pad, bar, blank(before, len(before)), blank(l.text, l.from), st.Paint(style, carets(l)))
		}
	}
}

// carets underlines the marked part of a line.
func carets(l snippetLine) string {
	if l.from >= len(l.text) {
		return "^"
	}
	return strings.Repeat("^", max(1, terminal.Columns(l.text[l.from:min(l.to, len(l.text))])))
}

// blank is space as wide as the first n bytes of the line; tabs stay tabs, so
// that the terminal widens both lines alike.
func blank(line string, n int) string {
	var b strings.Builder
	for _, r := range line[:min(n, len(line))] {
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteString(strings.Repeat(" ", terminal.RuneColumns(r)))
		}
	}
	return b.String()
}
