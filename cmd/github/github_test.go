package github

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"bake/tests/golden"
	"bake/tests/sample"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/report"
	"bake/cmd/terminal"
	"bake/tests/fixture"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

func TestOnGitHub(t *testing.T) {
	for _, tt := range []struct {
		env  bake.Env
		want bool
	}{
		{bake.Env{}, false},
		{bake.Env{"GITHUB_ACTIONS": "1", "GITHUB_OUTPUT": "f"}, false},
		{bake.Env{"GITHUB_ACTIONS": "true"}, true},
		{bake.Env{"GITHUB_ACTIONS": "true", "BAKE_GITHUB": "maybe"}, true},
		{bake.Env{"GITHUB_ACTIONS": "true", "BAKE_GITHUB": "0"}, false},
		{bake.Env{"GITHUB_ACTIONS": "true", "BAKE_GITHUB": "false"}, false},
	} {
		if got := New(nil, tt.env) != nil; got != tt.want {
			t.Errorf("%v: %v", tt.env, got)
		}
	}
}

// obeying is what is left of a log for a runner: the workflow commands that it
// obeys, and what they enclose.
func obeying(t *testing.T, text string) (commands []string, groups map[string]string) {
	t.Helper()
	groups = map[string]string{}
	word, group := "", ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case word != "" && line == "::"+word+"::":
			word = ""
		case word == "" && strings.HasPrefix(line, "::stop-commands::"):
			word = strings.TrimPrefix(line, "::stop-commands::")
		case word == "" && len(commandsIn(line)) > 0:
			commands = append(commands, line)
			if name, ok := strings.CutPrefix(line, "::group::"); ok {
				if group != "" {
					t.Errorf("%s is opened within %s", name, group)
				}
				group = name
				groups[group] += ""
			}
			if line == "::endgroup::" {
				group = ""
			}
		case group != "":
			groups[group] += line + "\n"
		}
	}
	if word != "" || group != "" {
		t.Errorf("the log ends within group %q and with commands stopped: %v", group, word != "")
	}
	return commands, groups
}

// targetStep is a status of a step of a target.
func targetStep(name string, done bool, logs ...string) *client.SolveStatus {
	now := time.Unix(1, 0)
	v := &client.Vertex{Digest: digest.FromString(name), Name: name, Started: &now}
	if done {
		v.Completed = &now
	}
	s := &client.SolveStatus{Vertexes: []*client.Vertex{v}}
	for _, text := range logs {
		s.Logs = append(s.Logs, &client.VertexLog{Vertex: v.Digest, Data: []byte(text), Timestamp: now})
	}
	return s
}

// Steps that run at the same time come out target by target, whatever the build
// prints is no command, and what comes late is not lost.
func TestGroups(t *testing.T) {
	var b bytes.Buffer
	g := NewGroups(&Guard{W: &b}, &Workflow{Commands: &b}, "building here")
	ch, done := make(chan *client.SolveStatus), make(chan struct{})
	go func() {
		defer close(done)
		_, _ = g.UpdateFrom(t.Context(), ch)
	}()
	send := func(target, name string, done bool, logs ...string) {
		if target != "" {
			g.Show(digest.FromString(name), target)
		}
		ch <- targetStep(name, done, logs...)
	}
	send("", "[internal] load metadata", true)
	send("app", "[app 1/2] RUN one", false, "::set-output name=a::b\n")
	send("web", "[web 1/1] RUN two", false, "##[error]two\n")
	send("app", "[app 1/2] RUN one", true, "\r::error::one\nno end of line")
	g.Phase("app", false)
	send("web", "[web 1/1] RUN two", true)
	g.Phase("web", false)
	send("app", "[app] exporting", true)
	g.Phase("app", true)
	send("", "[internal] ::late::", true)
	close(ch)
	<-done

	commands, groups := obeying(t, b.String())
	if want := 3 * 2; len(commands) != want {
		t.Errorf("%d commands, want %d: %q", len(commands), want, commands)
	}
	for name, wants := range map[string][]string{
		"target app":          {"RUN one", "::set-output name=a::b", "::error::one", "no end of line", "DONE"},
		"target web":          {"RUN two", "##[error]two", "DONE"},
		"target app: outputs": {"exporting"},
	} {
		for _, want := range wants {
			if !strings.Contains(groups[name], want) {
				t.Errorf("%s has no %q:\n%s", name, want, groups[name])
			}
		}
	}
	for _, want := range []string{"building here\n", "load metadata", "late"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the log has no %q:\n%s", want, b.String())
		}
	}
}

func TestStepSummary(t *testing.T) {
	outcome := sample.Report()
	outcome.Targets[1].Platforms = []string{"linux/amd64", "linux/arm64"}
	outcome.Targets[2].Err = &terminal.LoggedError{
		Err:  &failure.TargetError{Target: "x", Err: errors.New("failed to solve: `RUN` | <b> of *all*\n# @me :) failed")},
		Step: "RUN make", Log: []string{"</pre> one", "", "::two:: `three`"},
	}
	outcome.Targets[4].Err = errors.New("skipped because web failed")
	golden.Check(t, "testdata/github.md", stepSummary(outcome, maxStepSummary))
}

// However many targets there are, the summary of the step stays within what
// GitHub takes, and what it took before is kept.
func TestStepSummaryIsBounded(t *testing.T) {
	outcome := &report.Report{}
	for i := range 30_000 {
		r := report.Target{Name: fmt.Sprintf("target-%d", i), Result: report.Built, Digest: "sha256:" + strings.Repeat("0", 64)}
		if i%10 == 0 {
			r.Result, r.Err = report.Failed, &failure.TargetError{Err: errors.New(strings.Repeat("long ", 1000))}
		}
		outcome.Targets = append(outcome.Targets, r)
	}
	name := filepath.Join(t.TempDir(), "summary")
	w := &Workflow{summary: name}
	before := strings.Repeat("x", maxStepSummary/2)
	if err := os.WriteFile(name, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := w.WriteStepSummary(outcome); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(name)
		if err != nil || len(got) > maxStepSummary || !bytes.HasPrefix(got, []byte(before)) {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
	}
	if got := stepSummary(outcome, maxStepSummary); !regexp.MustCompile(`\.\.\. and \d+ more targets\.`).MatchString(got) || !strings.Contains(got, "more failures") {
		t.Error("what is left out is not told")
	}
}

func TestStepOutputs(t *testing.T) {
	outcome := sample.Report()
	outcome.Targets[1].Exporter = map[string]string{"containerimage.digest": outcome.Targets[1].Digest, "buildx.build.provenance": "e30="}
	w := &Workflow{outputs: filepath.Join(t.TempDir(), "outputs")}
	if err := w.WriteStepOutputs(outcome); err != nil {
		t.Fatal(err)
	}
	out := fixture.ReadOutputs(t, w.outputs)
	if want := fmt.Sprintf(`{"app":%q}`, outcome.Targets[1].Digest); out["digests"] != want {
		t.Errorf("digests are %s, want %s", out["digests"], want)
	}
	var metadata map[string]map[string]any
	if err := json.Unmarshal([]byte(out["metadata"]), &metadata); err != nil {
		t.Fatal(err)
	}
	if metadata["app"]["containerimage.digest"] == nil || metadata["app"]["buildx.build.provenance"] == nil || metadata["bake.report"]["result"] != "failed" {
		t.Errorf("metadata is %v", metadata)
	}
	if (*Workflow)(nil).WriteStepOutputs(outcome) != nil || (&Workflow{}).WriteStepOutputs(outcome) != nil {
		t.Error("without a file there is an error")
	}
}

// Outputs that are too large for GitHub lose first what is least asked for.
func TestStepOutputsAreBounded(t *testing.T) {
	for _, tt := range []struct{ provenance, name, want int }{{10, 10, 2}, {maxStepOutput, 10, 1}, {10, maxStepOutput, 0}} {
		outcome := &report.Report{Targets: []report.Target{{Name: "app", Result: report.Built, Exporter: map[string]string{
			"buildx.build.provenance": strings.Repeat("p", tt.provenance), "image.name": strings.Repeat("n", tt.name),
		}}}}
		text, err := stepMetadata(outcome)
		var metadata map[string]map[string]any
		if err := errors.Join(err, json.Unmarshal([]byte(text), &metadata)); err != nil {
			t.Fatal(err)
		}
		if len(metadata["app"]) != tt.want || metadata["bake.report"] == nil || len(text) > maxStepOutput {
			t.Errorf("%v: %d keys in %d bytes", tt, len(metadata["app"]), len(text))
		}
	}
}
