package e2e

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"bake/tests/fixture"
)

// hostile is a definition whose builds print workflow commands.
const hostile = `
-- docker-bake.hcl --
variable "BASE" {}
group "default" {
  targets = ["good", "bad"]
}
target "good" {
  contexts   = { base = BASE }
  dockerfile = "Dockerfile"
  target     = "good"
  tags       = ["example.com/good:1"]
  output     = ["type=oci,dest=good.tar"]
}
target "bad" {
  inherits = ["good"]
  target   = "bad"
  output   = ["type=cacheonly"]
}
-- Dockerfile --
FROM base AS good
RUN printf '::set-output name=digests::no\n##[set-output name=digests]no\n\r::error::no\nplain\n'
FROM base AS bad
RUN printf 'why | it\n::add-mask::e\nfailed\n' && exit 3
`

// step makes the site a step of a workflow of GitHub Actions.
func (s *site) step() {
	s.env = append(s.env, "GITHUB_ACTIONS=true", "GITHUB_WORKSPACE="+s.dir, "GITHUB_STEP_SUMMARY="+s.path("summary.md"), "GITHUB_OUTPUT="+s.path("outputs"))
}

// obeyed are the workflow commands of a log that the runner obeys, and the lines
// of each group.
func obeyed(log string) (commands []string, groups map[string]string) {
	groups = map[string]string{}
	var word, group string
	for line := range strings.FieldsFuncSeq(log, func(r rune) bool { return r == '\n' || r == '\r' }) {
		command := strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[")
		switch {
		case word != "" && line == "::"+word+"::":
			word = ""
		case word != "" || !command:
			groups[group] += line + "\n"
		case strings.HasPrefix(line, "::stop-commands::"):
			word = strings.TrimPrefix(line, "::stop-commands::")
		case strings.HasPrefix(line, "::group::"):
			group = strings.TrimPrefix(line, "::group::")
		case line == "::endgroup::":
			group = ""
		default:
			commands = append(commands, line)
		}
	}
	return commands, groups
}

// In GitHub Actions a run leaves a summary, outputs, groups and annotations, and
// what a build prints stays text.
func TestGitHubActions(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, hostile)
	s.step()
	o := s.run(1, "--keep-going")
	commands, groups := obeyed(o.Stderr)
	if len(commands) != 1 || !strings.HasPrefix(commands[0], "::error file=Dockerfile,line=4,endLine=4,") || !strings.HasSuffix(commands[0], "%0Awhy | it%0A::add-mask::e%0Afailed") {
		t.Errorf("the runner obeys %q", commands)
	}
	for group, want := range map[string]string{"target good": "::set-output", "target bad": "exit code: 3", "target good: outputs": "exporting to oci", "": "2 targets in"} {
		if !strings.Contains(groups[group], want) {
			t.Errorf("group %q has no %q: %s", group, want, groups[group])
		}
	}
	outputs := fixture.ReadOutputs(t, s.path("outputs"))
	var digests map[string]string
	if err := json.Unmarshal([]byte(outputs["digests"]), &digests); err != nil || len(digests) != 1 || !strings.HasPrefix(digests["good"], "sha256:") {
		t.Errorf("digests are %s, %v", outputs["digests"], err)
	}
	var metadata map[string]map[string]any
	if err := json.Unmarshal([]byte(outputs["metadata"]), &metadata); err != nil || metadata["good"]["containerimage.digest"] != digests["good"] || metadata["bake.report"]["result"] != "failed" {
		t.Errorf("metadata is %s, %v", outputs["metadata"], err)
	}
	summary := s.read("summary.md")
	for _, want := range []string{"| <code>good</code> | ✅ built |", "| <code>bad</code> | ❌ failed |", "<pre>why &#124; it\n", digests["good"][len("sha256:"):]} {
		if !strings.Contains(summary, want) {
			t.Errorf("the summary has no %q:\n%s", want, summary)
		}
	}
}

// The files of a workflow are left alone where there are none, where nothing is
// to be said, and where the user says so.
func TestGitHubActionsAreLeftAlone(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, hostile)
	plain := s.run(0, "good")
	s.step()
	for _, args := range [][]string{{"--progress=quiet"}, {"--progress=rawjson"}, {"--progress=none"}} {
		s.run(0, append(args, "good")...)
	}
	s.env = append(s.env, "BAKE_GITHUB=0")
	off := s.run(0, "good")
	if strings.Contains(plain.Stderr+off.Stderr, "::group::") || s.exists("summary.md") || s.exists("outputs") {
		t.Errorf("something was told to the workflow: %v", s.files())
	}
	s.env = append(s.env, "BAKE_GITHUB=", "GITHUB_STEP_SUMMARY=", "GITHUB_OUTPUT=")
	if o := s.run(0, "good"); !strings.Contains(o.Stderr, "::group::target good\n") {
		t.Error("there are no groups")
	}
	s.env = append(s.env, "GITHUB_STEP_SUMMARY="+s.path("no/such/directory"))
	tells(t, s.run(0, "good"), "warning: write the summary of the step")
	if _, err := os.Stat(s.path("no")); err == nil {
		t.Error("a directory was made for the summary")
	}
}
