package diagnostics

import (
	"fmt"
	"unicode/utf8"
)

// How much of a line of source is shown, in characters, and how much of that may
// be before the marked place. Generated files have lines of a megabyte.
const (
	maxLine   = 160
	maxBefore = 60
)

// clipped leaves of a long line what is around its marked place, else its start.
func (l snippetLine) clipped() snippetLine {
	if len(l.text) <= maxLine || utf8.RuneCountInString(l.text) <= maxLine {
		return l
	}
	first := 0
	if l.to > l.from {
		first = backward(l.text, min(l.from, len(l.text)), maxBefore)
	}
	last := forward(l.text, first, maxLine)
	first = backward(l.text, last, maxLine) // near the end of the line there is more room before
	l.cut = last < len(l.text)
	l.text = l.text[first:last]
	if l.to > l.from {
		length := len(l.text)
		l.from, l.to = l.from-first, min(l.to-first, max(length, l.from-first+1))
	}
	l.offset += first
	return l
}

// dots are what stands for the rest of a line.
func (l snippetLine) dots() (before, after string) {
	if l.offset > 0 {
		before = "..."
	}
	if l.cut {
		after = "..."
	}
	return before, after
}

// forward is the offset n characters behind another.
func forward(text string, at, n int) int {
	for ; n > 0 && at < len(text); n-- {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return at
}

// backward is the offset n characters before another.
func backward(text string, at, n int) int {
	for ; n > 0 && at > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(text[:at])
		at -= size
	}
	return at
}

// maxProse is how much of what a diagnostic says is shown, in bytes. Sentences
// quote names and values, which may be of any length.
const maxProse = 4000

// clipProse leaves out the middle of a text that is too long.
func clipProse(text string) string {
	if len(text) <= maxProse {
		return text
	}
	head := maxProse / 2
	for !utf8.RuneStart(text[head]) {
		head--
	}
	tail := len(text) - maxProse/4
	for tail < len(text) && !utf8.RuneStart(text[tail]) {
		tail++
	}
	return fmt.Sprintf("%s... (%d more bytes) ...%s", text[:head], tail-head, text[tail:])
}
