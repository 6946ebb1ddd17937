package diagnostics

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// hidden stands for what is not shown.
const hidden = "xxxxx"

// Where a text has credentials in a URL: between its scheme and its host, and as
// the value of a parameter that is named so.
var (
	userInfo   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*)://([^\s/"'<>@]+)@`) })
	credential = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)[?&](?:[a-z0-9_-]*(?:token|secret|password|signature)|api[_-]?key|sig)=([^\s"'<>&#]+)`)
	})
	// What is between "${" and "}" is the name of a secret and not the secret.
	literal = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[$%]\{[^}]*\}|[^$%]+|[$%]`) })
)

// credentialsIn are the bytes of a text that are credentials of a URL, in order.
func credentialsIn(text string) [][2]int {
	if !strings.Contains(text, "://") {
		return nil
	}
	var spans [][2]int
	for _, m := range userInfo().FindAllStringSubmatchIndex(text, -1) {
		scheme, from, to := strings.ToLower(text[m[2]:m[3]]), m[4], m[5]
		user, password, _ := strings.Cut(text[from:to], ":")
		switch {
		case password != "":
			from += len(user) + 1
		case strings.HasPrefix(scheme, "http"):
			to = from + len(user) // a token
		default:
			continue // the user of ssh, who is no secret
		}
		spans = append(spans, literals(text, from, to)...)
	}
	for _, m := range credential().FindAllStringSubmatchIndex(text, -1) {
		spans = append(spans, literals(text, m[2], m[3])...)
	}
	slices.SortFunc(spans, func(a, b [2]int) int { return a[0] - b[0] })
	return slices.CompactFunc(spans, func(next, before [2]int) bool { return next[0] < before[1] })
}

// literals are the parts of a text that are no reference.
func literals(text string, from, to int) [][2]int {
	var spans [][2]int
	for _, m := range literal().FindAllStringIndex(text[from:to], -1) {
		if part := text[from+m[0] : from+m[1]]; !strings.HasPrefix(part, "${") && !strings.HasPrefix(part, "%{") {
			spans = append(spans, [2]int{from + m[0], from + m[1]})
		}
	}
	return spans
}

// withoutCredentials hides those in the text of a line; the marked place moves
// along.
func (l snippetLine) withoutCredentials() snippetLine {
	spans := credentialsIn(l.text)
	if len(spans) == 0 {
		return l
	}
	place := func(at int) int { // of a byte, once all before it are hidden
		moved := at
		for _, s := range spans {
			switch {
			case at >= s[1]:
				moved += len(hidden) - (s[1] - s[0])
			case at > s[0]:
				return moved - (at - s[0])
			}
		}
		return moved
	}
	marked := l.to > l.from
	text := hide(l.text, spans)
	l.from, l.to = place(l.from), place(l.to)
	if marked && l.to <= l.from {
		l.to = min(l.from+len(hidden), len(text)+1)
	}
	l.text = text
	return l
}

// HideCredentials hides the credentials of the URLs in a text.
func HideCredentials(text string) string { return hide(text, credentialsIn(text)) }

func hide(text string, spans [][2]int) string {
	if len(spans) == 0 {
		return text
	}
	var b strings.Builder
	done := 0
	for _, s := range spans {
		b.WriteString(text[done:s[0]])
		b.WriteString(hidden)
		done = s[1]
	}
	b.WriteString(text[done:])
	return b.String()
}
