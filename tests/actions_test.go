package tests

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"bake/tests/fixture"
)

const actionDir = ".github/actions/bake"

// action is a composite action.
type action struct {
	Inputs  map[string]struct{ Default string }
	Outputs map[string]struct{ Value string }
	Runs    struct {
		Using string
		Steps []actionStep
	}
}

// actionStep is a step of an action or a job.
type actionStep struct {
	ID, Uses, Shell, Run string
	Env, With            map[string]string
}

// workflow is a workflow file.
type workflow struct {
	On   any
	Jobs map[string]struct {
		Needs   any
		Outputs map[string]string
		Steps   []actionStep
	}
}

func readYAML(t *testing.T, name, text string, value any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), value); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func theAction(t *testing.T) action {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, actionDir, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var a action
	readYAML(t, "action.yml", string(data), &a)
	if a.Runs.Using != "composite" || len(a.Runs.Steps) == 0 {
		t.Fatalf("action.yml has no steps: %+v", a)
	}
	return a
}

// Workflows that the repository has or shows are YAML, and use the action with
// inputs and outputs that it has.
func TestWorkflows(t *testing.T) {
	a := theAction(t)
	texts := map[string]string{}
	for _, file := range files(t) {
		if strings.HasPrefix(file, ".github/workflows/") {
			data, err := os.ReadFile(filepath.Join(root, file))
			if err != nil {
				t.Fatal(err)
			}
			texts[file] = string(data)
		}
	}
	for _, b := range blocks(t, "README.md") {
		if b.lang == "yaml" {
			texts[b.String()] = b.text
		}
	}
	used := 0
	for name, text := range texts {
		var w workflow
		readYAML(t, name, text, &w)
		if w.On == nil || len(w.Jobs) == 0 {
			t.Errorf("%s is no workflow", name)
		}
		for _, job := range w.Jobs {
			for _, step := range job.Steps {
				if !strings.Contains(step.Uses, actionDir) {
					continue
				}
				used++
				for input := range step.With {
					if _, ok := a.Inputs[input]; !ok {
						t.Errorf("%s: the action has no input %s", name, input)
					}
				}
				for _, m := range regexp.MustCompile(`steps\.`+step.ID+`\.outputs\.([\w-]+)`).FindAllStringSubmatch(text, -1) {
					if _, ok := a.Outputs[m[1]]; !ok {
						t.Errorf("%s: the action has no output %s", name, m[1])
					}
				}
			}
		}
	}
	if used < 2 {
		t.Errorf("the action is used %d times", used)
	}
}

// runner runs the action as a runner would.
type runner struct {
	t      *testing.T
	action action
	dir    string // the workspace
	temp   string
	env    []string
	bin    string // on the PATH from the start
}

func newRunner(t *testing.T) *runner {
	return &runner{t: t, action: theAction(t), dir: t.TempDir(), temp: t.TempDir(), bin: binDir(t)}
}

// expression is one that the action uses: an input.
var expression = regexp.MustCompile(`\$\{\{ inputs\.(\w+) \}\}`)

// run runs the steps of the action and returns its outputs and what it said.
func (r *runner) run(with map[string]string) (outputs map[string]string, log string, err error) {
	r.t.Helper()
	paths := r.bin + ":" + pathWithoutBake()
	outputs = map[string]string{}
	for _, step := range r.action.Runs.Steps {
		if strings.Contains(step.Run, "${{") {
			r.t.Errorf("%q has an expression in a script: whoever sets it can run commands", step.Run)
		}
		cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.Run)
		cmd.Dir = r.dir
		set := map[string]string{
			"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": r.dir, "RUNNER_TEMP": r.temp, "GITHUB_ACTION_PATH": abs(r.t, filepath.Join(root, actionDir)),
			"GITHUB_OUTPUT": filepath.Join(r.temp, "output"), "GITHUB_STEP_SUMMARY": filepath.Join(r.temp, "summary"), "GITHUB_PATH": filepath.Join(r.temp, "path"),
			"PATH": paths, "HOME": r.temp, "DOCKER_HOST": "unix:///no/docker/here",
		}
		for name, value := range step.Env {
			set[name] = expression.ReplaceAllStringFunc(value, func(text string) string {
				input := expression.FindStringSubmatch(text)[1]
				if given, ok := with[input]; ok {
					return given
				}
				return r.action.Inputs[input].Default
			})
		}
		for name, value := range set {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		cmd.Env = append(cmd.Env, r.env...)
		_ = os.Remove(set["GITHUB_OUTPUT"])
		out, err := cmd.CombinedOutput()
		log += string(out)
		if err != nil {
			return outputs, log, err
		}
		if added, err := os.ReadFile(set["GITHUB_PATH"]); err == nil {
			paths = strings.TrimSpace(string(added)) + ":" + paths
		}
		for name, value := range fixture.ReadOutputs(r.t, set["GITHUB_OUTPUT"]) {
			outputs[name] = value
		}
	}
	for name, output := range r.action.Outputs {
		if want := "${{ steps.bake.outputs." + name + " }}"; output.Value != want {
			r.t.Errorf("the output %s is %s, want %s", name, output.Value, want)
		}
	}
	return outputs, log, nil
}

// pathWithoutBake is the PATH without a bake that this machine may have.
func pathWithoutBake() string {
	return strings.Join(slices.DeleteFunc(filepath.SplitList(os.Getenv("PATH")), func(dir string) bool {
		_, err := os.Stat(filepath.Join(dir, "bake"))
		return err == nil
	}), ":")
}

func abs(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

const actionDefinition = `
group "default" {
  targets = ["app", "web"]
}
target "base" {
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /"
}
target "app" {
  contexts          = { base = "target:base" }
  dockerfile-inline = "FROM base\nLABEL app=1"
  output            = ["type=oci,dest=app.tar"]
}
target "web" {
  inherits = ["app"]
  output   = ["type=oci,dest=web.tar"]
}
`

// The action lists what is to be built, for jobs that build it.
func TestAction(t *testing.T) {
	fixture.NeedRoot(t)
	r := newRunner(t)
	r.env = engineOf(t)
	t.Cleanup(func() { shell(t, block{page: "the end"}, r.bin, root, r.env, "bake engine stop") })
	write(t, filepath.Join(r.dir, "docker-bake.hcl"), actionDefinition)
	write(t, filepath.Join(r.dir, "more.hcl"), `target "docs" { dockerfile-inline = "FROM scratch" }`)

	outputs, log, err := r.run(map[string]string{"list": "true", "files": "docker-bake.hcl\n\nmore.hcl\n", "targets": "default, docs"})
	var matrix []struct{ Target string }
	if err == nil {
		err = json.Unmarshal([]byte(outputs["matrix"]), &matrix)
	}
	var targets []string
	for _, job := range matrix {
		targets = append(targets, job.Target)
	}
	if slices.Sort(targets); err != nil || !slices.Equal(targets, []string{"app", "docs", "web"}) {
		t.Fatalf("the matrix is %v, %v\n%s", outputs["matrix"], err, log)
	}
	for _, target := range targets[:1] {
		outputs, log, err = r.run(map[string]string{"targets": target, "set": "*.labels.a=b c\n*.labels.d=$(exit 1)"})
		var digests map[string]string
		if err == nil {
			err = json.Unmarshal([]byte(outputs["digests"]), &digests)
		}
		if err != nil || len(digests) != 1 || !strings.HasPrefix(digests[target], "sha256:") {
			t.Fatalf("digests are %v, %v\n%s", outputs["digests"], err, log)
		}
		if !strings.Contains(log, "::group::target "+target+"\n") || !strings.Contains(outputs["metadata"], "bake.report") {
			t.Errorf("metadata is %s\n%s", outputs["metadata"], log)
		}
		if summary, err := os.ReadFile(filepath.Join(r.temp, "summary")); err != nil || !strings.Contains(string(summary), "<code>"+target+"</code>") {
			t.Errorf("the summary is %q, %v", summary, err)
		}
	}
	if _, log, err := r.run(map[string]string{"targets": "nothing"}); err == nil || !strings.Contains(log, "::error ") {
		t.Errorf("an unknown target: %v\n%s", err, log)
	}
}

// Without bake on the PATH the action makes it and puts it there for later steps.
func TestActionInstalls(t *testing.T) {
	r := newRunner(t)
	tools := t.TempDir()
	make := "#!/bin/sh\nprefix=${4#PREFIX=}\nmkdir -p $prefix/bin\nprintf '#!/bin/sh\\necho made=yes >>$GITHUB_OUTPUT\\n' >$prefix/bin/bake\nchmod +x $prefix/bin/bake\n[ \"$3\" = install ] && [ -f \"$2/Makefile\" ]\n"
	if err := os.WriteFile(filepath.Join(tools, "make"), []byte(make), 0o755); err != nil {
		t.Fatal(err)
	}
	r.bin = tools
	if outputs, log, err := r.run(nil); err != nil || outputs["made"] != "yes" {
		t.Errorf("%v\n%s", err, log)
	}
}
