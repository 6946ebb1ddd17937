package mermaid

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// escape is a text inside the quotes of a label. Entities are written as #35; in
// Mermaid. Besides what ends a label or is read as HTML, this covers what its
// renderers read as Markdown, such as lists, emphasis and addresses: they refuse a
// label with these.
func escape(text string) string {
	if strings.TrimSpace(text) == "" {
		return " " // an empty label is a fault
	}
	var out strings.Builder
	before := ' '
	lead := true // only digits so far
	for i, r := range text {
		special := strings.ContainsRune("\"#&<>`\\%*~@[]{}|", r)
		switch r {
		case '_':
			special = !isWord(before) || !isWord(next(text[i+1:]))
		case ':':
			special = strings.HasPrefix(text[i:], "://")
		case '-', '+', '=':
			special = i == 0
		case '.', ')':
			special = lead || i >= 3 && strings.EqualFold(text[i-3:i], "www")
		}
		if special {
			fmt.Fprintf(&out, "#%d;", r)
		} else {
			out.WriteRune(r)
		}
		lead = lead && r >= '0' && r <= '9'
		before = r
	}
	return out.String()
}

func next(text string) rune {
	for _, r := range text {
		return r
	}
	return ' '
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// yaml is a text in the front matter, which must not look like HTML either.
func yaml(text string) string { return strings.ReplaceAll(strconv.Quote(text), "<", `\x3c`) }
