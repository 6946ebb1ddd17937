package diagnostics

import (
	"slices"
	"strings"
	"unicode"

	"bake/bake"
)

// Secrets are values that no diagnostic of a definition tells: those of variables
// whose names say so, and of those that a target has as a secret.
type Secrets struct {
	env    bake.Env
	named  map[string]bool // besides those whose names say so
	values []string        // the longest first
}

// shortest is the length from which on a value is found in text. A shorter one
// would be found in words that have nothing to do with it.
const shortest = 6

// NewSecrets looks for secrets in the environment and in what is given beside it,
// which wins.
func NewSecrets(env bake.Env, vars map[string]string) *Secrets {
	s := &Secrets{env: bake.Env{}, named: map[string]bool{}}
	for _, values := range []map[string]string{env, vars} {
		for name, value := range values {
			s.env[name] = value
			if saysSecret(name) {
				s.add(value)
			}
		}
	}
	return s
}

// Name adds variables that are secret whatever their names say.
func (s *Secrets) Name(variables []string) {
	for _, name := range variables {
		s.named[name] = true
		s.add(s.env[name])
	}
}

func (s *Secrets) add(value string) {
	if len(value) < shortest || slices.Contains(s.values, value) {
		return
	}
	s.values = append(s.values, value)
	slices.SortStableFunc(s.values, func(a, b string) int { return len(b) - len(a) })
}

// is reports whether the value of a variable is secret.
func (s *Secrets) is(name string) bool { return saysSecret(name) || s != nil && s.named[name] }

// hide replaces the secrets in a text.
func (s *Secrets) hide(text string) string {
	if s == nil {
		return text
	}
	for _, value := range s.values {
		text = strings.ReplaceAll(text, value, hidden)
	}
	return text
}

// secretWords are words in the names of variables that hold secrets.
var secretWords = []string{
	"token", "tokens", "password", "passwords", "passwd", "passphrase", "secret", "secrets", "key", "keys", "apikey",
	"credential", "credentials", "creds", "auth",
}

// saysSecret reports whether one of the words in a name says that the value is
// secret, as in GITHUB_TOKEN, dbPassword or AWS_SECRET_ACCESS_KEY.
func saysSecret(name string) bool {
	if name == "SSH_AUTH_SOCK" {
		return false // a path
	}
	return slices.ContainsFunc(words(name), func(word string) bool {
		return slices.Contains(secretWords, strings.TrimRight(word, "0123456789"))
	})
}

// words are those of a name, in small letters: "_" and "-" are between two, and a
// capital after a small letter begins one.
func words(name string) []string {
	var out []string
	var word []rune
	last := rune(0)
	for _, r := range name {
		if unicode.IsUpper(r) && unicode.IsLower(last) || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			out = append(out, string(word))
			word = nil
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			word = append(word, unicode.ToLower(r))
		}
		last = r
	}
	return append(out, string(word))
}
