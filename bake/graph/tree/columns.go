package tree

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// The styles of a terminal that are in use.
const (
	plain  = ""
	bold   = "\x1b[1m"
	faint  = "\x1b[2m"
	marked = "\x1b[1;36m"
	reset  = "\x1b[0m"
)

func (p *printer) paint(text, style string) string {
	inked := strings.TrimRight(text, " ")
	if !p.options.Color || style == plain || inked == "" {
		return text
	}
	return style + inked + reset + text[len(inked):] // spaces at the end of a line are cut
}

func (p *printer) line(text string) {
	p.out.WriteString(strings.TrimRight(text, " "))
	p.out.WriteByte('\n')
}

// wrapped prints a text that is broken at spaces, behind what its first and its
// other lines begin with.
func (p *printer) wrapped(first, rest, text, style string) {
	start := first
	for _, line := range wrap(text, p.width-max(columns(first), columns(rest))) {
		p.line(p.paint(start, faint) + p.paint(line, style))
		start = rest
	}
}

// wrap breaks a text at spaces. A word that is too wide is broken within.
func wrap(text string, limit int) []string {
	limit = max(limit, 8)
	var lines []string
	line, used := "", 0
	for word := range strings.FieldsSeq(text) {
		n := columns(word)
		if used > 0 && used+1+n > limit {
			lines, line, used = append(lines, line), "", 0
		}
		for n > limit {
			head := take(word, limit)
			lines, word = append(lines, head), word[len(head):]
			n = columns(word)
		}
		if used > 0 {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+n
	}
	return append(lines, line)
}

// clip cuts the end of a text that is too wide.
func clip(text string, limit int) string {
	if columns(text) <= limit {
		return text
	}
	return take(text, limit-1) + "…"
}

// clipMiddle cuts the middle of a text that is too wide.
func clipMiddle(text string, limit int) string {
	if columns(text) <= limit {
		return text
	}
	head := take(text, limit/3)
	runes := []rune(text)
	i, left := len(runes), limit-1-columns(head)
	for i > 0 && runeColumns(runes[i-1]) <= left {
		i--
		left -= runeColumns(runes[i])
	}
	return head + "…" + string(runes[i:])
}

// take is the start of a text, at most that wide; at least a character of it.
func take(text string, limit int) string {
	n := 0
	for i, r := range text {
		if n += runeColumns(r); n > limit && i > 0 {
			return text[:i]
		}
	}
	return text
}

func columns(text string) int {
	n := 0
	for _, r := range text {
		n += runeColumns(r)
	}
	return n
}

// runeColumns is the width of a character on a terminal: two for the wide East
// Asian ones, none for those that combine with the one before.
func runeColumns(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
