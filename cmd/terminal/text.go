package terminal

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Pad fills text with spaces up to a width.
func Pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-Columns(text)))
}

// Clip cuts text that is wider than allowed, and shows that it did.
func Clip(text string, width int) string {
	if Columns(text) <= width {
		return text
	}
	return takeColumns(text, width-3) + "..."
}

// ClipMiddle is clip for names and paths, whose end says more than the middle.
func ClipMiddle(text string, width int) string {
	if Columns(text) <= width || width < 10 {
		return text
	}
	head := takeColumns(text, (width-3)/3)
	rest := []rune(text)
	tail := len(rest)
	for n := Columns(head) + 3; tail > 0; tail-- {
		n += RuneColumns(rest[tail-1])
		if n > width {
			break
		}
	}
	return head + "..." + string(rest[tail:])
}

// takeColumns is the start of a text, at most that wide.
func takeColumns(text string, width int) string {
	n := 0
	for i, r := range text {
		n += RuneColumns(r)
		if n > width {
			return text[:i]
		}
	}
	return text
}

// Indent moves a text in by two spaces, which also keeps it from being wrapped.
func Indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ")
}

// Count says "1 element" or "3 elements".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// CountIs says "1 element is" or "3 elements are".
func CountIs(n int, noun string) string {
	if n == 1 {
		return Count(n, noun) + " is"
	}
	return Count(n, noun) + " are"
}

// Wrap breaks prose at spaces. Lines that start with space are commands or
// lists and stay as they are.
func Wrap(text string, width int) string {
	var out []string
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			out = append(out, line)
			continue
		}
		out = append(out, WrapLine(line, width)...)
	}
	return strings.Join(out, "\n")
}

// WrapLine breaks one line at spaces.
func WrapLine(line string, width int) []string {
	var out []string
	current := ""
	for _, word := range strings.Fields(line) {
		if current != "" && Columns(current)+1+Columns(word) > width {
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

// OneLine is text in a cell of a table, as Printable: what would begin another
// line or column is a blank.
func OneLine(text string) string {
	blank := strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ")
	return Printable(blank.Replace(strings.TrimRight(text, "\r\n")))
}

// Printable replaces what would move the cursor or hide text.
func Printable(line string) string {
	return strings.Map(func(r rune) rune {
		if (r < ' ' && r != '\t') || r == 0x7f || (r >= 0x80 && r < 0xa0) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) {
			return '\ufffd'
		}
		return r
	}, line)
}

// Columns is the width of text on a terminal.
func Columns(text string) int {
	n := 0
	for _, r := range text {
		n += RuneColumns(r)
	}
	return n
}

// RuneColumns is the width of a character on a terminal: two for the wide
// East Asian ones, none for those that combine with the one before.
func RuneColumns(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
