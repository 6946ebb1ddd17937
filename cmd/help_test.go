package cmd

import (
	"path/filepath"
	"strings"
	"testing"

	"bake/tests/golden"

	"bake/cmd/exit"
	"bake/cmd/terminal"
	"bake/cmd/verb"
	"bake/tests/apptest"

	"github.com/spf13/cobra"
)

// TestHelp compares the help of every command with testdata/help.
func TestHelp(t *testing.T) {
	a, _, _ := apptest.New(t)
	var visit func(c *cobra.Command)
	visit = func(c *cobra.Command) {
		args := strings.Fields(c.CommandPath())[1:]
		b, stdout, stderr := apptest.New(t, append(args, "--help")...)
		if code := runCommand(b); code != exit.OK || stderr.Len() > 0 {
			t.Errorf("%s --help: exit code %d, stderr %q", c.CommandPath(), code, stderr)
		}
		golden.Check(t, filepath.Join("testdata/help", strings.ReplaceAll(c.CommandPath(), " ", "_")+".txt"), stdout.String())
		for _, line := range strings.Split(stdout.String(), "\n") {
			if terminal.Columns(line) > 80 {
				t.Errorf("%s --help: wider than 80 columns: %s", c.CommandPath(), line)
			}
		}
		for _, child := range c.Commands() {
			if child.IsAvailableCommand() {
				visit(child)
			}
		}
	}
	visit(newRoot(a))
}

func TestHelpVerb(t *testing.T) {
	a, byFlag, _ := apptest.New(t, "engine", "prune", "--help")
	b, byVerb, _ := apptest.New(t, "help", "engine", "prune")
	if runCommand(a) != exit.OK || runCommand(b) != exit.OK || byFlag.String() != byVerb.String() || byVerb.Len() == 0 {
		t.Errorf("`help engine prune` is not `engine prune --help`:\n%s", byVerb)
	}
	c, _, stderr := apptest.New(t, "help", "enigne")
	if code := runCommand(c); code != exit.Usage {
		t.Errorf("exit code %d, want %d", code, exit.Usage)
	}
	if want := "error: bake has no verb \"enigne\"\n\nDid you mean \"engine\"?\n"; stderr.String() != want {
		t.Errorf("got %q, want %q", stderr, want)
	}
}

// TestVerbsAreNoTargets holds words that real definitions use for targets:
// none of them may become a verb.
func TestVerbsAreNoTargets(t *testing.T) {
	taken := []string{"all", "app", "build", "builder", "ci", "clean", "default", "dev", "docs", "format", "image", "lint", "push", "release", "run", "test", "validate", "verify"}
	a, _, _ := apptest.New(t)
	root := newRoot(a)
	for _, word := range taken {
		if c := verb.ChildOf(root, word); c != nil {
			t.Errorf("%q is a verb, and people use it for targets", word)
		}
	}
}
