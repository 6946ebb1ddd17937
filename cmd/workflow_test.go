package cmd

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bake/bake/submit/report"
	"bake/cmd/app"
	"bake/cmd/diagnostics"
	"bake/tests/apptest"

	"github.com/google/go-cmp/cmp"
)

// obeyed is what a runner of GitHub Actions takes for a command.
var obeyed = regexp.MustCompile(`(?m)^[\s\x{85}\x{a0}\x{2000}-\x{200a}\x{2028}\x{3000}]*::|##\[`)

// commanding is a definition that says workflow commands wherever it can.
const commanding = `
variable "V" {
  description = "::error::of a variable ##[error]x"
  default     = "\n::set-output name=x::y\n \t::add-mask::z\r::debug::\n##[group]v ###[x]"
}
group "default" {
  description = "g\n::group::x ##[x]"
  targets     = ["app"]
}
target "app" {
  description = "::error::of a target\n::warning::##[x]"
  matrix      = { v = [V] }
  name        = "app"
  args        = { V = v, "##[x]" = "::x::" }
  labels      = { "::l::" = "\n\u00a0::l::\n##[l]" }
  contexts    = { "##[c]" = "docker-image://x##[c]" }
}
`

// On GitHub Actions nothing that bake prints is obeyed, wherever it goes. What is
// JSON stays the same document, and text the same but for what has no width.
func TestStandardOutputIsNoCommand(t *testing.T) {
	for _, args := range [][]string{
		{"--print"}, {"--list"}, {"--list=variables"}, {"--list=targets"}, {"--list=type=targets,format=json"},
		{"--list=type=variables,format=json"},
		{"explain", "app"}, {"explain", "variable", "V"}, {"explain", "app.args"}, {"explain", "app.labels", "--format=json"}, {"explain", "app", "--format=json"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			plain, guarded := standardOutput(t, args, false), standardOutput(t, args, true)
			if found := obeyed.FindAllString(strings.ReplaceAll(guarded, "\r", "\n"), -1); len(found) > 0 {
				t.Errorf("a runner obeys %q in\n%s", found, guarded)
			}
			if !obeyed.MatchString(plain) {
				t.Errorf("there is nothing to guard in\n%s", plain)
			}
			var want, got any
			if json.Unmarshal([]byte(plain), &want) != nil {
				want, got = plain, strings.ReplaceAll(guarded, "\u200b", "")
			} else if err := json.Unmarshal([]byte(guarded), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("a program reads something else:\n%s", diff)
			}
		})
	}
}

// standardOutput is what a command line prints, on GitHub Actions or elsewhere.
func standardOutput(t *testing.T, args []string, onGitHub bool) string {
	t.Helper()
	a, out, errs := apptest.New(t, args...)
	apptest.WriteFile(t, a, "docker-bake.hcl", commanding)
	if onGitHub {
		a.Env["GITHUB_ACTIONS"] = "true"
	}
	if code := runCommand(a); code != 0 {
		t.Fatalf("ended with %d: %s", code, errs)
	}
	return out.String()
}

// The same holds for what a frontend answers, which may be anybody's.
func TestAnswersAreNoCommands(t *testing.T) {
	const text = "::error::x\n \t::set-output name=x::y\n##[error]x\n"
	for _, method := range []string{"lint", "outline", "licences"} {
		for _, call := range []string{"build", "outline,format=json"} {
			a, out, _ := apptest.New(t)
			a.Env["GITHUB_ACTIONS"] = "true"
			joinWorkflow(a)
			plan, outcome := asked(method, map[string]string{"result.txt": text, "version": "99.0.0", "result.json": `{"warnings":[{"ruleName":"##[x]","detail":"::x::\n::y::"}],"a":"##[x]"}`})
			outcome.Targets[0].Message = text
			_ = showAnswers(a, &bakeOptions{call: call}, plan, outcome, &diagnostics.Reporter{Streams: a.Streams})
			if found := obeyed.FindAllString(out.String(), -1); out.Len() == 0 || len(found) > 0 {
				t.Errorf("%s, %s: a runner obeys %q in\n%s", method, call, found, out)
			}
		}
	}
}

// Metadata on standard output stays the same document.
func TestMetadataIsNoCommand(t *testing.T) {
	a, out, _ := apptest.New(t)
	a.Env["GITHUB_ACTIONS"] = "true"
	joinWorkflow(a)
	outcome := &report.Report{Targets: []report.Target{{Name: "app", Result: report.Built, Exporter: map[string]string{"x": "::x::##[x]"}}}}
	if err := writeMetadata("-", a.JSON(), outcome); err != nil {
		t.Fatal(err)
	}
	if !json.Valid(out.Bytes()) || obeyed.MatchString(out.String()) || !strings.Contains(out.String(), `::x::##\u005bx]`) {
		t.Errorf("prints %s", out)
	}
}

// A file is nothing that a runner reads, and some output has to stay as it is.
func TestUnguardedOutput(t *testing.T) {
	a, _, _ := apptest.New(t, "--print")
	apptest.WriteFile(t, a, "docker-bake.hcl", commanding)
	want := standardOutput(t, []string{"--print"}, false)
	f, err := os.Create(filepath.Join(t.TempDir(), "plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	a.Env["GITHUB_ACTIONS"], a.Out = "true", f
	if code := runCommand(a); code != 0 {
		t.Fatal(code)
	}
	if got, err := os.ReadFile(f.Name()); err != nil || string(got) != want {
		t.Errorf("a file gets other bytes: %v", err)
	}
	b, out, _ := apptest.New(t)
	b.Env["GITHUB_ACTIONS"] = "true"
	joinWorkflow(b)
	for _, w := range []struct {
		name string
		text func(*app.App) error
		want string
	}{
		{"raw", func(a *app.App) error { _, err := a.Raw().Write([]byte("::x::##[x]\n")); return err }, "::x::##[x]\n"},
		{"template", func(a *app.App) error { _, err := a.Templated("{{json .}}").Write([]byte(`"##[x]"`)); return err }, `"##\u005bx]"`},
		{"text", func(a *app.App) error { _, err := a.Templated("{{.Name}}").Write([]byte("##[x]")); return err }, "##\u200b[x]"},
	} {
		out.Reset()
		if err := w.text(b); err != nil || out.String() != w.want {
			t.Errorf("%s: %q, %v", w.name, out.String(), err)
		}
	}
}
