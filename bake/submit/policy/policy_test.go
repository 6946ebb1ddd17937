package policy

import (
	"path/filepath"
	"strings"
	"testing"

	"bake/bake"
	"bake/bake/submit/dockerfile"
	"bake/bake/submit/host"
	"bake/bake/submit/input"
	"bake/bake/submit/source"
	"bake/tests/workspace"

	"github.com/docker/buildx/policy"
)

// describeRules writes policies down: their files, and "!" for a strict one.
func describeRules(list []ruleSet) string {
	var out []string
	for _, r := range list {
		var names []string
		for _, f := range r.files {
			names = append(names, f.name)
		}
		text := strings.Join(names, "+")
		if r.strict {
			text += "!"
		}
		if r.level != nil {
			text += ":" + r.level.String()
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func TestRulesOf(t *testing.T) {
	yes, no := true, false
	usual := []ruleFile{{name: "Dockerfile.rego"}}
	for _, tt := range []struct {
		name  string
		given []bake.Policy
		usual []ruleFile
		env   string // BUILDX_DEFAULT_POLICY
		want  string
		wrong bool
	}{
		{name: "none"},
		{name: "beside the Dockerfile", usual: usual, want: "Dockerfile.rego"},
		{name: "one more", usual: usual, given: []bake.Policy{{Filename: "a"}}, want: "Dockerfile.rego a"},
		{name: "several files", given: []bake.Policy{{Filename: "a", More: []string{"b"}}}, want: "a+b"},
		{name: "forget", usual: usual, given: []bake.Policy{{Filename: "a"}, {Filename: "b", Reset: true}}, want: "b"},
		{name: "forget all", usual: usual, given: []bake.Policy{{Reset: true}}},
		{name: "settings of the one before", usual: usual, given: []bake.Policy{{Strict: &yes, LogLevel: "debug"}, {Filename: "a"}}, want: "Dockerfile.rego!:debug a"},
		{name: "settings of those to come", given: []bake.Policy{{Strict: &yes}, {Filename: "a"}, {Filename: "b", Strict: &no}, {LogLevel: "info"}}, want: "a! b:info"},
		{name: "settings alone", given: []bake.Policy{{Strict: &yes}}},
		{name: "off", usual: usual, env: "1", given: []bake.Policy{{Disabled: true}}},
		{name: "off and on", given: []bake.Policy{{Disabled: true}, {Filename: "a"}}, wrong: true},
		{name: "off but strict", given: []bake.Policy{{Disabled: true, Strict: &yes}}, wrong: true},
		{name: "built in", env: "1", usual: usual, given: []bake.Policy{{Filename: "a", Reset: true}}, want: policy.DefaultPolicyFilename + " a"},
	} {
		got, err := rulesOf(&bake.Target{Policy: tt.given}, tt.usual, &host.Caller{Env: bake.Env{"BUILDX_DEFAULT_POLICY": tt.env}})
		if (err != nil) != tt.wrong || describeRules(got) != tt.want {
			t.Errorf("%s: got %q, %v, want %q", tt.name, describeRules(got), err, tt.want)
		}
	}
}

// A policy reads its context and the working directory, and nothing else.
func TestPolicyFS(t *testing.T) {
	w := workspace.New(t, map[string]string{"outside.rego": "o", "app/p.rego": "p", "app/lib/l.rego": "l", "cwd/c.rego": "c"})
	p := &policyFS{dir: w.Path + "/cwd", context: w.Path + "/app"}
	for name, want := range map[string]string{
		"p.rego": "p", "lib/../p.rego": "p", w.Path + "/app/lib/l.rego": "l", "cwd://c.rego": "c",
		"../outside.rego": "", w.Path + "/outside.rego": "", "cwd://../outside.rego": "", "none.rego": "",
	} {
		data, err := p.read(name)
		if string(data) != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v", name, data, err)
		}
	}
	if info, err := p.Stat("p.rego"); err != nil || info.Size() != 1 {
		t.Errorf("got %v, %v", info, err)
	}
}

// A policy knows local sources by the names of the definition, however often
// the engine has put the prefix before them.
func TestPlainName(t *testing.T) {
	q := &Policies{Inputs: &input.Inputs{
		Locals: []source.Local{
			{Key: "context", Prefix: "app-12", Plain: "context"}, {Key: "d-34-dockerfile", Plain: "dockerfile"}, {Key: "lib-56-context"},
		},
		Attrs: map[string]string{"context:lib": "local:lib-56-context", "context:other": "docker-image://x"},
	}}
	for id, want := range map[string]string{
		"app-12-context": "context", "app-12-app-12-context": "context", "d-34-dockerfile": "dockerfile", "lib-56-context": "lib", "elsewhere": "",
	} {
		if got := q.plainName(id); got != want {
			t.Errorf("%s: got %q, want %q", id, got, want)
		}
	}
}

// TestUsualPolicy applies the policy beside a Dockerfile of this machine, whatever
// its context is.
func TestUsualPolicy(t *testing.T) {
	w := workspace.New(t, map[string]string{"sub/D": "FROM scratch\n", "sub/D.rego": "package docker\n", "plain": "FROM scratch\n"})
	at := &host.Caller{Dir: w.Path}
	for _, contextDir := range []string{"", w.Path, filepath.Join(w.Path, "sub")} {
		for name, want := range map[string]string{"sub/D": "sub/D.rego", "plain": ""} {
			q := &Policies{Target: &bake.Target{}, Inputs: &input.Inputs{ContextDir: contextDir, Dockerfile: &dockerfile.File{Path: filepath.Join(w.Path, name)}}}
			got, err := q.usual(at)
			if err != nil || want == "" && len(got) > 0 {
				t.Errorf("%s in %q: got %v, %v", name, contextDir, got, err)
			} else if want != "" && (len(got) != 1 || got[0].name != want || got[0].optional || string(got[0].data) != "package docker\n") {
				t.Errorf("%s in %q: got %v, want %s", name, contextDir, got, want)
			}
		}
	}
	q := &Policies{Target: &bake.Target{}, Inputs: &input.Inputs{Dockerfile: &dockerfile.File{Name: "D"}}} // in a fetched context
	if got, err := q.usual(at); err != nil || len(got) != 1 || got[0].name != "D.rego" || !got[0].optional {
		t.Errorf("in a fetched context: got %v, %v", got, err)
	}
}
