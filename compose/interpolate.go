package compose

import (
	"strings"

	"github.com/compose-spec/compose-go/v2/template"
	"go.yaml.in/yaml/v4"
)

// Limits of one text: how deep defaults stand in defaults, and how many bytes
// are looked at, those of a default once more.
const (
	maxDefaults = 100
	maxScanned  = 16 << 20
)

// substitution replaces the variables of one text.
type substitution struct {
	env     environment
	read    func(name string) // is told of each variable that has a value; may be nil
	unset   []string          // variables without a value and without a default
	project bool              // the name of the project is used
	depth   int
	scanned int
}

// missing is a required variable without a value.
type missing struct{ name, reason string }

func (m missing) Error() string { return m.name }

// malformed is a "${" that is no variable.
type malformed struct{ text string }

func (m malformed) Error() string { return m.text }

// interpolate replaces the variables in a scalar, reports those that are
// required, and returns those that are simply not set.
func (r *reader) interpolate(text string, at *yaml.Node) (string, []Unset) {
	if !strings.Contains(text, "$") {
		return text, nil
	}
	s := substitution{env: r.env, read: r.l.noteRead}
	out, err := s.replace(text)
	switch err := err.(type) {
	case nil:
	case missing:
		r.l.requiredVariable(r.src.rangeOf(at), err.name, err.reason)
		return "", nil
	default:
		r.l.errorAt("compose-interpolation", r.src.rangeOf(at), "Invalid variable",
			"%q has a \"${\" that is not followed by a variable such as ${NAME} or ${NAME:-default}. Write $$ for a dollar sign.", short(err.Error()))
		return "", nil
	}
	var unset []Unset
	if s.project {
		unset = append(unset, r.l.projectUnset...)
	}
	for _, name := range s.unset {
		unset = append(unset, Unset{Name: name, Range: r.src.rangeOf(at)})
	}
	r.l.anyUnset = r.l.anyUnset || len(unset) > 0
	return out, unset
}

// replace returns text with its variables replaced. The grammar is the pattern
// of compose-go, and so are its limits: a default may not span lines.
func (s *substitution) replace(text string) (string, error) {
	if s.depth++; s.depth > maxDefaults {
		return "", malformed{text}
	}
	defer func() { s.depth-- }()
	var out strings.Builder
	for rest := text; ; {
		if s.scanned += len(rest); s.scanned > maxScanned {
			return "", malformed{text}
		}
		at := template.DefaultPattern.FindStringIndex(rest)
		if at == nil {
			out.WriteString(rest)
			return out.String(), nil
		}
		out.WriteString(rest[:at[0]])
		got, after, err := s.variable(rest[at[0]:at[1]])
		if _, ok := err.(malformed); ok {
			err = malformed{text}
		}
		if err != nil {
			return "", err
		}
		out.WriteString(got)
		rest = rest[at[1]-len(after):]
	}
}

// variable returns the value of a match of the pattern: "$$", "$NAME", or
// "${NAME...}" with, as the pattern is greedy, perhaps more text after it.
func (s *substitution) variable(match string) (got, rest string, err error) {
	switch {
	case match == "$$":
		return "$", "", nil
	case !strings.HasPrefix(match, "${"):
		return s.plain(match[1:]), "", nil
	}
	end := closingBrace(match)
	if end < 0 { // braces in a default may be uneven
		end = len(match) - 1
	}
	if end < 3 || match[end] != '}' {
		return "", "", malformed{match}
	}
	inner, rest := match[2:end], match[end+1:]
	name := leadingName(inner)
	switch name {
	case "":
		return "", "", malformed{match}
	case inner:
		return s.plain(name), rest, nil
	}
	got, err = s.operator(name, inner[len(name):])
	return got, rest, err
}

func (s *substitution) plain(name string) string {
	v, ok := s.lookup(name)
	if !ok {
		s.unset = append(s.unset, name)
	}
	return v
}

func (s *substitution) lookup(name string) (string, bool) {
	s.project = s.project || name == projectVariable
	v, ok := s.env[name]
	if ok && s.read != nil {
		s.read(name)
	}
	return v, ok
}

// noteRead tells of a variable that was read and comes from outside.
func (l *loader) noteRead(name string) {
	if l.opt.Read == nil {
		return
	}
	for _, given := range []map[string]string{l.opt.Vars, l.outside} {
		if v, ok := given[name]; ok {
			l.opt.Read(name, v)
			return
		}
	}
}

// operator applies what follows the name of a variable: a colon, which makes
// empty the same as not set, then "-" and a default, "+" and a replacement, or
// "?" and a reason why the variable is required.
func (s *substitution) operator(name, op string) (string, error) {
	v, ok := s.lookup(name)
	rest, colon := strings.CutPrefix(op, ":")
	if colon && v == "" {
		ok = false
	}
	if rest == "" {
		return "", malformed{"${" + name + op + "}"}
	}
	word := rest[1:]
	switch rest[0] {
	case '-':
		if ok {
			return v, nil
		}
		return s.replace(word)
	case '+':
		if !ok {
			return "", nil
		}
		return s.replace(word)
	case '?':
		if ok {
			return v, nil
		}
		reason, err := s.replace(word)
		if err != nil {
			return "", err
		}
		return "", missing{name, reason}
	}
	return "", malformed{"${" + name + op + "}"}
}

// closingBrace is where the brace closes that a text's "${" opens, or -1.
func closingBrace(text string) int {
	open := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '}':
			if open--; open == 0 {
				return i
			}
		case '{':
			open++
			i++
		}
	}
	return -1
}

func leadingName(s string) string {
	for i, c := range []byte(s) {
		letter := c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return s[:i]
		}
	}
	return s
}

// short is the beginning of a text, for diagnostics.
func short(text string) string {
	const most = 60
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}
