package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bake/bake/submit/release"
)

// writeJournal writes the journal of a release as a bake that died has left it.
func writeJournal(t *testing.T, a *app, id string, phase release.Phase, request release.Request) string {
	t.Helper()
	journals, err := a.journals()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(journals.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	text := `{"version":1,"id":"` + id + `","phase":"` + string(phase) + `","request":{"directory":"` + request.Dir + `"`
	for name, list := range map[string][]string{"files": request.Files, "targets": request.Targets} {
		if len(list) > 0 {
			text += `,"` + name + `":["` + strings.Join(list, `","`) + `"]`
		}
	}
	if request.More {
		text += `,"more":true`
	}
	text += `},"tags":[{"target":"app","reference":"127.0.0.1:1/app:1","new":{"mediaType":"m","digest":"sha256:1","size":1}}]}`
	file := filepath.Join(journals.Dir, id+".json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestFindRelease(t *testing.T) {
	type journal struct {
		id    string
		phase release.Phase
		dir   string // "" is the working directory
	}
	for name, tc := range map[string]struct {
		journals []journal
		id       string
		want     string // id that is found, or what the error says
	}{
		"none":            {nil, lastRelease, ""},
		"the last one":    {[]journal{{"a", release.Pushing, ""}, {"b", release.Undone, ""}}, lastRelease, "b"},
		"half before all": {[]journal{{"a", release.Moving, "/x"}, {"b", release.Undone, ""}}, lastRelease, "a"},
		"two halves":      {[]journal{{"a", release.Moving, "/x"}, {"b", release.Moving, ""}}, lastRelease, "several releases"},
		"elsewhere":       {[]journal{{"a", release.Pushing, "/x"}}, lastRelease, "no release of this directory"},
		"by id":           {[]journal{{"a", release.Pushing, "/x"}, {"b", release.Moving, ""}}, "a", "a"},
		"wrong id":        {[]journal{{"a", release.Pushing, ""}}, "c", `no unfinished release "c"`},
		"damaged":         {[]journal{{"a", "flying", ""}}, "a", "cannot be read"},
		"damaged, last":   {[]journal{{"a", "flying", ""}}, lastRelease, "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			a, _, _ := newTestApp(t)
			a.env["XDG_STATE_HOME"] = t.TempDir()
			for _, j := range tc.journals {
				if j.dir == "" {
					j.dir = a.dir
				}
				writeJournal(t, a, j.id, j.phase, release.Request{Dir: j.dir})
			}
			journals, err := a.journals()
			if err != nil {
				t.Fatal(err)
			}
			found, err := a.findRelease(journals, tc.id)
			got := ""
			if err != nil {
				got = err.Error()
			} else if found != nil {
				got = found.ID
			}
			if got != tc.want && (err == nil || !strings.Contains(got, tc.want)) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

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
			a, _, _ := newTestApp(t)
			if tc.request.Dir == "" {
				tc.request.Dir = a.dir
			}
			o, err := parse(t, a, append(tc.args, "--resume")...)
			if err != nil {
				t.Fatal(err)
			}
			err = o.again(a.dir, &release.Entry{Record: release.Record{ID: "a", Started: time.Now(), Request: tc.request}})
			got := strings.Join([]string{"[" + strings.Join(o.targets, " ") + "]", "[" + strings.Join(o.files, " ") + "]"}, " ")
			if err != nil {
				got = err.(*exitError).hint
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
	} {
		a, _, stderr := newTestApp(t)
		a.args = strings.Fields(args)
		if code := a.run(); code != ExitUsage || !strings.Contains(stderr.String(), want) {
			t.Errorf("%s: exit code %d, %s", args, code, stderr)
		}
	}
}

func TestListReleases(t *testing.T) {
	a, stdout, _ := newTestApp(t)
	a.env["XDG_STATE_HOME"] = t.TempDir()
	writeJournal(t, a, "20260102-030405-abcd", release.Moving, release.Request{Dir: "/work"})
	a.args = []string{"--list=releases"}
	want := "RELEASE               STATE  TAGS  DIRECTORY\n20260102-030405-abcd  half   1     /work\n"
	if code := a.run(); code != ExitOK || stdout.String() != want {
		t.Errorf("exit code %d:\n%s", code, stdout)
	}
}

func TestStateDir(t *testing.T) {
	a, _, _ := newTestApp(t)
	a.env["XDG_STATE_HOME"], a.env["HOME"] = "/state", "/home/me"
	if dir, err := a.stateDir("x"); err != nil || dir != "/state/bake/x" {
		t.Errorf("%q, %v", dir, err)
	}
	delete(a.env, "XDG_STATE_HOME")
	want := "/home/me/.local/state/bake/x"
	if os.Geteuid() == 0 {
		want = "/var/lib/bake/x"
	}
	if dir, err := a.stateDir("x"); err != nil || dir != want {
		t.Errorf("%q, %v", dir, err)
	}
}
