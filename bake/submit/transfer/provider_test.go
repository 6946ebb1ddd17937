package transfer

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tonistiigi/fsutil"
)

// TestRulesDecideOnce walks directories through the filter of a transfer, with
// rules that let files in again above directories that are excluded.
func TestRulesDecideOnce(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"main.go", "notes.txt", "vendor/keep.go", "vendor/x/x.go", "vendor/x/y.txt", "web/app.go", "web/x/x.go"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("x.go", filepath.Join(dir, "vendor/x/link.go")); err != nil {
		t.Fatal(err)
	}
	for rules, want := range map[string]string{
		"":                              "main.go notes.txt vendor/keep.go vendor/x/link.go vendor/x/x.go vendor/x/y.txt web/app.go web/x/x.go",
		"vendor":                        "main.go notes.txt web/app.go web/x/x.go",
		"vendor !vendor/keep.go":        "main.go notes.txt vendor/keep.go web/app.go web/x/x.go",
		"* !**/*.go":                    "main.go vendor/keep.go vendor/x/link.go vendor/x/x.go web/app.go web/x/x.go",
		"* !**/*.go vendor":             "main.go web/app.go web/x/x.go",
		"* !**/*.go vendor/*":           "main.go web/app.go web/x/x.go",
		"* !**/*.go vendor/**":          "main.go web/app.go web/x/x.go",
		"* !**/*.go vendor !**/keep.go": "main.go vendor/keep.go web/app.go web/x/x.go",
		"* !**/*.go */x":                "main.go vendor/keep.go web/app.go",
	} {
		if got := walked(t, dir, strings.Fields(rules)); got != want {
			t.Errorf("%q: got %s, want %s", rules, got, want)
		}
	}
}

// walked are the files of a directory that a transfer with these rules tells of.
// Each of them can be opened.
func walked(t *testing.T, dir string, rules []string) string {
	t.Helper()
	tree, err := fsutil.NewFS(dir)
	if err != nil {
		t.Fatal(err)
	}
	opt := &fsutil.FilterOpt{ExcludePatterns: rules}
	if err := leaveOut("", opt); err != nil {
		t.Fatal(err)
	}
	if tree, err = fsutil.NewFilterFS(tree, opt); err != nil {
		t.Fatal(err)
	}
	var names []string
	err = tree.Walk(context.Background(), "/", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		names = append(names, path)
		if d.Type().IsRegular() {
			f, err := tree.Open(path)
			if err != nil {
				t.Errorf("%q: %v", rules, err)
				return nil
			}
			return f.Close()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}
