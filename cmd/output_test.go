package cmd

import (
	"errors"
	"strings"
	"testing"

	"bake/tests/apptest"
)

// full is a disk without space.
type full struct{}

var errFull = errors.New("no space left on device")

func (full) Write([]byte) (int, error) { return 0, errFull }

// What cannot be printed is an error, of whatever verb, and told once.
func TestUnwritableOutput(t *testing.T) {
	for _, args := range [][]string{
		{"--print"}, {"--list"}, {"--list=variables"}, {"--list=type=targets,format=json"}, {"--list=ci-matrix"}, {"--list=releases"},
		{"explain", "app"}, {"explain", "app", "--format=json"}, {"explain", "variable", "V"},
		{"version"}, {"--help"}, {"help", "explain"}, {"completion", "bash"}, {"engine", "status"}, {"engine", "status", "--format=json"}, {"builders", "ls"},
	} {
		for _, workflow := range []string{"", "true"} {
			a, _, errs := apptest.New(t, args...)
			apptest.WriteFile(t, a, "docker-bake.hcl", "variable \"V\" { default = \"1\" }\ntarget \"app\" {}\ngroup \"default\" { targets = [\"app\"] }\n")
			a.Out = full{}
			a.Env["GITHUB_ACTIONS"] = workflow
			a.Env["BAKE_ENGINE_DIR"] = t.TempDir()
			code := runCommand(a)
			if code != 1 || strings.Count(errs.String(), "error: write to standard output: "+errFull.Error()) != 1 {
				t.Errorf("bake %s: ended with %d: %q", strings.Join(args, " "), code, errs)
			}
		}
	}
}
