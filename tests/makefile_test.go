package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bake/tests/fixture"
)

// TestMakeRules: every target that is declared phony has a rule of its own. make
// does not look for a pattern that would fit one, and calls it done.
func TestMakeRules(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	phony := regexp.MustCompile(`(?m)^\.PHONY:(.*)$`).FindStringSubmatch(string(data))
	if phony == nil {
		t.Fatal("the Makefile declares nothing phony")
	}
	for _, name := range strings.Fields(phony[1]) {
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + `:( |$)`).Match(data) {
			t.Errorf("%s has no rule: nothing would be done for it, without a word", name)
		}
	}
}

// TestMakePrepares: what runs tests or containers begins with the preparation.
func TestMakePrepares(t *testing.T) {
	make := fixture.Program(t, "make", "make")
	for goal, want := range map[string]string{
		"demo": ".ci/prepare", "test": ".ci/prepare test", "bench": ".ci/prepare test", "check": ".ci/prepare test",
	} {
		o := fixture.MustRun(t, exec.Command(make, "--no-print-directory", "--dry-run", "-C", root, goal))
		if !strings.Contains("\n"+o.Stdout, "\n"+want+"\n") {
			t.Errorf("make %s does not run %q:\n%s", goal, want, o.Stdout)
		}
	}
}
