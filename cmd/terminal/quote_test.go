package terminal

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
		if got := ShellQuote(arg); got != want {
			t.Errorf("%q: got %s, want %s", arg, got, want)
		}
	}
}
