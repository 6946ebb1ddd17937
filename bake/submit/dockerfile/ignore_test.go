package dockerfile

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRuleOfFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".dockerignore"), []byte("# all\n*\n\n!keep\n!**/*.go\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := ReadIgnore(dir, ".dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"keep/x":  `rule "!keep" of .dockerignore:4 lets it in`,
		"x/y.go":  `rule "!**/*.go" of .dockerignore:5 lets it in`,
		"keep/.h": `rule "!keep" of .dockerignore:4 lets it in`,
	} {
		if got := f.Rule(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	f.text = []byte("node_modules\n")
	if got := f.Rule("x"); got != "no rule of .dockerignore leaves it out" {
		t.Error(got)
	}
	if got := (*IgnoreFile)(nil).Rule("x"); got != "" {
		t.Error(got)
	}
}
