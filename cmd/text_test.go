package cmd

import "testing"

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

func TestSimilar(t *testing.T) {
	known := []string{"metadata-file", "print", "push", "pull"}
	for word, want := range map[string]string{"prnt": "print", "metdata-file": "metadata-file", "x": "", "pusl": "push", "completely-different": ""} {
		if got := similar(word, known); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}
