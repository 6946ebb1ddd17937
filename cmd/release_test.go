package cmd

import (
	"strings"
	"testing"

	"bake/cmd/exit"
	"bake/tests/apptest"
)

func TestReleaseUsage(t *testing.T) {
	for args, want := range map[string]string{
		"--resume --rollback":   "mutually exclusive",
		"--resume --print":      "--print",
		"--rollback app":        `takes no target, but got "app"`,
		"--rollback --list=foo": "--list",
		"--resume --forget=x":   "--resume and --forget are mutually exclusive",
		"--forget=x app":        `takes no target, but got "app"`,
		"--forget":              "needs an argument",
		"--forget=x":            `there is no unfinished release "x"`,
	} {
		a, _, stderr := apptest.New(t)
		a.Env["XDG_STATE_HOME"] = t.TempDir()
		a.Args = strings.Fields(args)
		if code := runCommand(a); code != exit.Usage || !strings.Contains(stderr.String(), want) {
			t.Errorf("%s: exit code %d, %s", args, code, stderr)
		}
	}
}
