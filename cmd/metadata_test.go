package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bake/bake"
	"bake/bake/submit/report"
	"bake/tests/workspace"
)

// What could not be written after a build is found before it, and the check
// leaves nothing.
func TestCheckMetadata(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(at("old.json"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	into := func(dest string) *bake.Plan {
		return &bake.Plan{Targets: []*bake.Target{{Name: "app", Outputs: []bake.Entry{{Type: "local", Dest: dest}}}}}
	}
	call := "check"
	for name, tc := range map[string]struct {
		file string
		plan *bake.Plan
		want string // in the error; none if empty
	}{
		"no file":           {"", into(at("out")), ""},
		"a new file":        {at("new.json"), into(at("out")), ""},
		"an old file":       {at("old.json"), into(at("out")), ""},
		"a device":          {"/dev/null", into(at("out")), ""},
		"standard output":   {"-", into(at("out")), ""},
		"twice":             {"-", into("-"), "an output of target app"},
		"an answer":         {"-", &bake.Plan{Targets: []*bake.Target{{Name: "app", Call: &call}}}, "the answer to --call of target app"},
		"a directory":       {dir, into(at("out")), "is a directory"},
		"no directory":      {at("no/new.json"), into(at("out")), "no such file or directory"},
		"below a file":      {at("old.json/new.json"), into(at("out")), "not a directory"},
		"beside an output":  {at("out/new.json"), into(at("out/files")), ""},
		"within an output":  {at("out/new.json"), into(at("out")), ""},
		"far in an output":  {at("out/a/new.json"), into(at("out")), ""},
		"beside, elsewhere": {at("out2/new.json"), into(at("out")), "no such file or directory"},
	} {
		err := checkMetadata(&bakeOptions{metadataFile: tc.file}, tc.plan)
		if (err != nil) != (tc.want != "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestMetadataOnStdout(t *testing.T) {
	var out strings.Builder
	if err := writeMetadata("-", &out, &report.Report{Started: time.Now()}); err != nil || !strings.HasPrefix(out.String(), "{") {
		t.Errorf("%q, %v", out.String(), err)
	}
	if _, err := os.Lstat("-"); err == nil {
		t.Error("there is a file -")
	}
}

// Up from a link is where the link has led, for a file that is not there yet, too.
func TestMetadataThroughLink(t *testing.T) {
	w := workspace.New(t, map[string]string{"real/work/in": "", "meta.json": "other"})
	if err := os.Symlink("real/work", filepath.Join(w.Path, "alias")); err != nil {
		t.Skip("no links here:", err)
	}
	name := filepath.Join(w.Path, "alias") + "/../meta.json"
	if err := writable(name); err != nil {
		t.Error(err)
	}
	if err := writeFileAtomic(name, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if w.Read("real/meta.json") != "new" || w.Read("meta.json") != "other" {
		t.Error("it was written to another place")
	}
}

func TestWriteFileAtomic(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "meta.json")
	link := filepath.Join(dir, "link.json")
	if err := os.WriteFile(name, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("meta.json", link); err != nil {
		t.Fatal(err)
	}
	if err := writeFileAtomic(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != "new" {
		t.Errorf("got %q, %v", got, err)
	}
	st, err := os.Lstat(name)
	if err != nil || st.Mode() != 0o644 {
		t.Errorf("mode %v, %v, want -rw-r--r--", st.Mode(), err)
	}
	if st, err := os.Lstat(link); err != nil || st.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", st, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if err := writeFileAtomic("/dev/null", []byte("x")); err != nil {
		t.Error(err)
	}
	if err := writeFileAtomic(filepath.Join(dir, "no", "meta.json"), nil); err == nil {
		t.Error("no error for a directory that is not there")
	}
}
