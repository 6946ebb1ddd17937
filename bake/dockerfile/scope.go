package dockerfile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// scope is what variables stand for at a place in a Dockerfile.
type scope struct {
	vars map[string]variable
	open string // the image whose environment may set others, empty for none
}

type variable struct {
	value   string
	unknown string // why the value is not known, empty if it is
}

func newScope() *scope { return &scope{vars: map[string]variable{}} }

func (s *scope) clone() *scope { return &scope{vars: maps.Clone(s.vars), open: s.open} }

func (s *scope) set(name string, v variable) { s.vars[name] = v }

// expand replaces the variables of a word. What is not known of them is said in
// unknown: then neither the word nor err means anything.
func (s *scope) expand(lex *shell.Lex, word string) (v variable, err error) {
	if !strings.ContainsAny(word, `$\'"`) {
		return variable{value: word}, nil
	}
	seen := &lookup{scope: s}
	v.value, _, err = lex.ProcessWord(word, seen)
	if v.unknown = seen.missed; v.unknown != "" {
		return v, nil
	}
	return v, err
}

// lookup is a scope that notes what it was asked for and does not know.
type lookup struct {
	*scope
	missed string
}

func (l *lookup) Get(name string) (string, bool) {
	v, ok := l.vars[name]
	switch {
	case l.missed != "":
	case ok:
		l.missed = v.unknown
	case l.open != "":
		l.missed = fmt.Sprintf("the environment of %s, which may set %s", l.open, name)
	}
	return v.value, ok
}

func (l *lookup) Keys() []string { return slices.Sorted(maps.Keys(l.vars)) }
