package cmd

import "strings"

// pad fills text with spaces up to a width.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-columns(text)))
}

// clip cuts text that is wider than allowed, and shows that it did.
func clip(text string, width int) string {
	if columns(text) <= width {
		return text
	}
	return takeColumns(text, width-3) + "..."
}

// clipMiddle is clip for names and paths, whose end says more than the middle.
func clipMiddle(text string, width int) string {
	if columns(text) <= width || width < 10 {
		return text
	}
	head := takeColumns(text, (width-3)/3)
	rest := []rune(text)
	tail := len(rest)
	for n := columns(head) + 3; tail > 0; tail-- {
		n += runeColumns(rest[tail-1])
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
		n += runeColumns(r)
		if n > width {
			return text[:i]
		}
	}
	return text
}

// indent moves a text in by two spaces, which also keeps it from being wrapped.
func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ")
}
