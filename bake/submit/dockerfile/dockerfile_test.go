package dockerfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bake/bake"
	"bake/bake/submit/host"
	"bake/bake/submit/source"
	"bake/tests/workspace"
)

func TestFindDockerfile(t *testing.T) {
	w := workspace.New(t, map[string]string{"ctx/Dockerfile": "FROM scratch\n", "ctx/Dockerfile.dockerignore": "x\n", "low/dockerfile": "FROM low\n", "other": "FROM other\n"})
	for name, c := range map[string]struct {
		target  bake.Target
		context string
		name    string
		path    string
	}{
		"default":             {context: "ctx", name: "Dockerfile", path: "ctx/Dockerfile"},
		"lower case":          {context: "low", target: bake.Target{Dockerfile: "Dockerfile"}, name: "dockerfile", path: "low/dockerfile"},
		"outside the context": {context: "ctx", target: bake.Target{Dockerfile: "../other"}, name: "other", path: "other"},
		"working directory":   {context: "ctx", target: bake.Target{Dockerfile: "cwd://other"}, name: "other", path: "other"},
		"absolute":            {context: "ctx", target: bake.Target{Dockerfile: filepath.Join(w.Path, "other")}, name: "other", path: "other"},
		"remote context":      {target: bake.Target{Dockerfile: "sub/Dockerfile"}, name: "sub/Dockerfile"},
		"local for a remote":  {target: bake.Target{Dockerfile: "cwd://other"}, name: "other", path: "other"},
		"inline wins":         {context: "ctx", target: bake.Target{Dockerfile: "none", DockerfileInline: workspace.Ptr("FROM x\n")}, name: "Dockerfile"},
		"URL":                 {context: "ctx", target: bake.Target{Dockerfile: "https://example.com/D"}, name: "Dockerfile"},
	} {
		dir := ""
		if c.context != "" {
			dir = filepath.Join(w.Path, c.context)
		}
		if c.target.Context = c.context; c.context == "" {
			c.target.Context = "https://example.com/a.git"
		}
		got, err := Find(&c.target, &host.Caller{Dir: w.Path}, dir)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := ""
		if c.path != "" {
			want = filepath.Join(w.Path, c.path)
		}
		if got.Name != c.name || got.Path != want {
			t.Errorf("%s: got %q at %q", name, got.Name, got.Path)
		}
		if name == "default" && (got.Ignore == nil || got.Ignore.path != want+".dockerignore" || string(got.Ignore.text) != "x\n") {
			t.Errorf("ignore file is %+v", got.Ignore)
		}
	}
}

// A source must keep its name from run to run, and two that differ in what the
// engine gets to see must not share one.
func TestSourceNames(t *testing.T) {
	w := workspace.New(t, map[string]string{"a/x": "", "b/x": "", "one": "# c\nx\n", "same": "x\n\n", "two": "y\n"})
	dir := func(n string) string { return filepath.Join(w.Path, n) }
	rulesIn := func(n string) string {
		t.Helper()
		f, err := ReadIgnore(w.Path, n)
		if err != nil {
			t.Fatal(err)
		}
		return f.Patterns()
	}
	name := source.DirName(dir("a"), rulesIn("one"))
	if again := source.DirName(dir("a"), rulesIn("same")); again != name {
		t.Errorf("the same rules make %s and %s", name, again)
	}
	for what, other := range map[string]string{
		"other rules": source.DirName(dir("a"), rulesIn("two")), "no rules": source.DirName(dir("a"), rulesIn("none")), "other directory": source.DirName(dir("b"), rulesIn("one")),
	} {
		if other == name {
			t.Errorf("%s has the same name", what)
		}
	}
	if err := os.Rename(dir("a"), dir("old")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir("a"), 0o755); err != nil {
		t.Fatal(err)
	}
	if source.DirName(dir("a"), rulesIn("one")) == name {
		t.Error("a directory that was replaced kept its name")
	}
	if name := source.DirName(dir("we:ird name/ü")); strings.ContainsAny(name, ": ü/") || strings.Contains(name, "ird") {
		t.Errorf("the name %s holds what must not be in it", name)
	}
}
