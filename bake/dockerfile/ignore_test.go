package dockerfile

import (
	"context"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tonistiigi/fsutil"
)

// ignored are files of a directory, for rules to choose from.
var ignored = []string{"a", "b.go", "foo/a", "foo/x.go", "foo/bar/a", "foo/bar/x.go", "vendor/x/x.go", "vendor/y", "x/barfoo", "ax/b", "axb", "node_modules/m/i.js", "src/node_modules/m/i.js", "docs/README.md", "README.md"}

// walked are the files that BuildKit's client sends of a directory.
func walked(t *testing.T, dir string, rules []string) []string {
	t.Helper()
	all, err := fsutil.NewFS(dir)
	if err != nil {
		t.Fatal(err)
	}
	filtered, err := fsutil.NewFilterFS(all, &fsutil.FilterOpt{ExcludePatterns: rules})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	err = filtered.Walk(context.Background(), "", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// What the rules let through is what BuildKit's client walks over.
func TestIgnore(t *testing.T) {
	dir := t.TempDir()
	for _, name := range ignored {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	words := []string{"*", "foo", "foo/**", "a**b", "**foo", "!**/*.go", "vendor", "!vendor/y", "**/node_modules", "/README.md", "*.md", "!README.md", "foo/bar", "!foo/bar/a", "**", "!src", "docs/", "# none", "", "**/x*"}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		var rules []string
		for range 1 + rnd.IntN(4) {
			rules = append(rules, words[rnd.IntN(len(words))])
		}
		text := strings.Join(rules, "\n")
		ignore, err := ParseIgnore([]byte(text))
		if err != nil {
			t.Fatalf("%q: %v", rules, err)
		}
		var have []string
		for _, name := range ignored {
			if ignore.Sends(name) {
				have = append(have, name)
			}
		}
		slices.Sort(have)
		var clean []string
		for _, r := range rules {
			if r = strings.TrimSpace(r); r != "" && !strings.HasPrefix(r, "#") {
				sign := ""
				if strings.HasPrefix(r, "!") {
					sign, r = "!", r[1:]
				}
				clean = append(clean, sign+strings.TrimPrefix(filepath.Clean(r), "/"))
			}
		}
		if want := walked(t, dir, clean); !slices.Equal(have, want) {
			t.Fatalf("%q lets in %q, the client sends %q", rules, have, want)
		}
	}
}

func TestIgnoreFiles(t *testing.T) {
	for _, c := range []struct {
		dockerfile string
		inline     bool
		want       string
	}{
		{"Dockerfile", false, "Dockerfile.dockerignore .dockerignore"},
		{"docker/app.Dockerfile", false, "app.Dockerfile.dockerignore .dockerignore"},
		{"Dockerfile", true, ".dockerignore"},
	} {
		if got := strings.Join(IgnoreFiles(c.dockerfile, c.inline), " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.dockerfile, got, c.want)
		}
	}
}
