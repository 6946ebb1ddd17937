package cmd

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bake/tests/golden"

	"bake/cmd/app"
	"bake/tests/apptest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// TestDiagnostics shows the problems of a definition in every form. An archive
// of testdata/diagnostics holds the definition and what is shown; the first
// line of its comment may hold flags.
func TestDiagnostics(t *testing.T) {
	names, err := filepath.Glob("testdata/diagnostics/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			testDiagnostics(t, name)
		})
	}
}

func testDiagnostics(t *testing.T, name string) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	a, _, _ := apptest.New(t)
	var inputs []txtar.File
	shown := map[string]string{}
	for _, f := range archive.Files {
		if form, ok := strings.CutPrefix(f.Name, "shown/"); ok {
			shown[form] = string(f.Data)
			continue
		}
		inputs = append(inputs, f)
		apptest.WriteFile(t, a, f.Name, string(f.Data))
	}
	first, _, _ := strings.Cut(string(archive.Comment), "\n")
	args := append(strings.Fields(first), "--print")
	for _, form := range []string{"text", "json", "github"} {
		got := showDiagnostics(t, a, form, args)
		if golden.Update() {
			inputs = append(inputs, txtar.File{Name: "shown/" + form, Data: []byte(got)})
		} else if diff := cmp.Diff(shown[form], got); diff != "" {
			t.Errorf("%s (rewrite with BAKE_UPDATE=1):\n%s", form, diff)
		}
	}
	if golden.Update() {
		archive.Files = inputs
		if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// showDiagnostics runs the command line and returns what it says in one form.
func showDiagnostics(t *testing.T, a *app.App, form string, args []string) string {
	t.Helper()
	b := *a
	var stdout, stderr bytes.Buffer
	b.Out, b.Err = &stdout, &stderr
	b.Env = a.Overlay(nil)
	b.Args = args
	switch form {
	case "json":
		b.Args = append([]string{"--diagnostics=json"}, args...)
	case "github":
		b.Env["GITHUB_ACTIONS"] = "true"
		b.Env["GITHUB_WORKSPACE"] = filepath.Dir(a.Dir)
	}
	runCommand(&b)
	text := strings.ReplaceAll(stderr.String(), filepath.Base(a.Dir), "DIR")
	if form != "github" {
		return text
	}
	var commands []string
	for _, line := range strings.SplitAfter(text, "\n") {
		if strings.HasPrefix(line, "::") {
			commands = append(commands, line)
		}
	}
	return strings.Join(commands, "")
}
