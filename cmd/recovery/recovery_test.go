package recovery

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bake/bake/submit/release"
	"bake/cmd/app"
	"bake/tests/apptest"
)

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
		"none":            {nil, LastRelease, ""},
		"the last one":    {[]journal{{"a", release.Pushing, ""}, {"b", release.Undone, ""}}, LastRelease, "b"},
		"half before all": {[]journal{{"a", release.Moving, "/x"}, {"b", release.Undone, ""}}, LastRelease, "a"},
		"two halves":      {[]journal{{"a", release.Moving, "/x"}, {"b", release.Moving, ""}}, LastRelease, "several releases"},
		"elsewhere":       {[]journal{{"a", release.Pushing, "/x"}}, LastRelease, "no release of this directory"},
		"by id":           {[]journal{{"a", release.Pushing, "/x"}, {"b", release.Moving, ""}}, "a", "a"},
		"wrong id":        {[]journal{{"a", release.Pushing, ""}}, "c", `no unfinished release "c"`},
		"damaged":         {[]journal{{"a", "flying", ""}}, "a", "cannot be read"},
		"damaged, last":   {[]journal{{"a", "flying", ""}}, LastRelease, "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			a, _, _ := apptest.New(t)
			a.Env["XDG_STATE_HOME"] = t.TempDir()
			for _, j := range tc.journals {
				if j.dir == "" {
					j.dir = a.Dir
				}
				writeJournal(t, a, j.id, j.phase, release.Request{Dir: j.dir})
			}
			journals, err := Journals(a)
			if err != nil {
				t.Fatal(err)
			}
			found, err := Find(a, journals, tc.id)
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

// writeJournal writes the journal of a release as a bake that died has left it.
func writeJournal(t *testing.T, a *app.App, id string, phase release.Phase, request release.Request) string {
	t.Helper()
	journals, err := Journals(a)
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

func TestListReleases(t *testing.T) {
	a, stdout, _ := apptest.New(t)
	a.Env["XDG_STATE_HOME"] = t.TempDir()
	writeJournal(t, a, "20260102-030405-abcd", release.Moving, release.Request{Dir: "/work"})
	want := "RELEASE               STATE  TAGS  DIRECTORY\n20260102-030405-abcd  half   1     /work\n"
	if err := List(a, ""); err != nil || stdout.String() != want {
		t.Errorf("%v:\n%s", err, stdout)
	}
}
