package cmd

import (
	"strings"
	"testing"
)

func TestShellQuote(t *testing.T) {
	for arg, want := range map[string]string{
		"":                    "''",
		"--set=app.args.V=1":  "--set=app.args.V=1",
		"a b":                 "'a b'",
		"*.platform=x":        "'*.platform=x'",
		"it's":                `'it'\''s'`,
		"fs=../a":             "fs=../a",
		"type=local,dest=out": "type=local,dest=out",
		"$HOME":               "'$HOME'",
	} {
		if got := shellQuote(arg); got != want {
			t.Errorf("%q: got %s, want %s", arg, got, want)
		}
	}
}

// In a log a sentence stays on its line, where programs look for it.
func TestProse(t *testing.T) {
	text := strings.Repeat("word ", 50)
	for name, tt := range map[string]struct {
		streams streams
		lines   int
	}{
		"log":              {streams{}, 1},
		"log with a width": {streams{width: 50}, 5},
		"wide":             {streams{width: 500}, 3},
	} {
		if got := len(strings.Split(wrap(text, tt.streams.prose()), "\n")); got != tt.lines {
			t.Errorf("%s: %d lines, want %d", name, got, tt.lines)
		}
	}
}

func TestSimilar(t *testing.T) {
	known := []string{"metadata-file", "print", "push", "pull"}
	for word, want := range map[string]string{"prnt": "print", "metdata-file": "metadata-file", "x": "", "pusl": "push", "completely-different": ""} {
		if got := similar(word, known); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}
