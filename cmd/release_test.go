package cmd

import (
	"strings"
	"testing"
	"time"

	"bake/bake/submit/release"
	"bake/cmd/exit"
	"bake/tests/apptest"
)

func TestResumeBuildsAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		request release.Request
		args    []string
		want    string // the targets and files, or what the error says
	}{
		"nothing given":    {release.Request{}, nil, "[] []"},
		"as written down":  {release.Request{Targets: []string{"app"}, Files: []string{"a.hcl"}}, nil, "[app] [a.hcl]"},
		"other targets":    {release.Request{Targets: []string{"app"}}, []string{"web"}, "[web] []"},
		"elsewhere":        {release.Request{Dir: "/x"}, nil, "cd /x && bake --resume=a"},
		"with more":        {release.Request{More: true}, nil, "with --resume added"},
		"with more, given": {release.Request{More: true}, []string{"--set", "app.args.A=1"}, "[] []"},
	} {
		t.Run(name, func(t *testing.T) {
			a, _, _ := apptest.New(t)
			if tc.request.Dir == "" {
				tc.request.Dir = a.Dir
			}
			o, err := parse(t, a, append(tc.args, "--resume")...)
			if err != nil {
				t.Fatal(err)
			}
			err = o.again(a.Dir, &release.Entry{Record: release.Record{ID: "a", Started: time.Now(), Request: tc.request}})
			got := strings.Join([]string{"[" + strings.Join(o.targets, " ") + "]", "[" + strings.Join(o.files, " ") + "]"}, " ")
			if err != nil {
				got = err.(*exit.Error).Hint
			}
			if !strings.Contains(got, tc.want) || err == nil && !o.atomic {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

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
