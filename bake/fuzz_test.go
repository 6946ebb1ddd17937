package bake

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"golang.org/x/tools/txtar"
)

// seeds are the definitions of the goldens.
func seeds(f *testing.F, add func(name string, data []byte)) {
	f.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		ar, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range ar.Files {
			if !strings.HasPrefix(file.Name, "out/") {
				add(file.Name, file.Data)
			}
		}
	}
}

var fuzzBuiltins = map[string]string{"BAKE_CMD_CONTEXT": "cwd://", "BAKE_LOCAL_PLATFORM": "linux/amd64"}

// planAll runs every phase and asks for every target; it must never panic,
// and what it reports must lie within the file.
func planAll(t *testing.T, name string, data []byte) (*Plan, *Config) {
	t.Helper()
	files := []File{{Name: name, Data: data}}
	def, diags := Parse(files, nil)
	inRange(t, data, diags)
	cfg, more := def.Evaluate(Scope{Builtins: fuzzBuiltins})
	inRange(t, data, more)
	cfg.ListTargets()
	cfg.ListVariables()
	names := cfg.Names()
	if diags.HasErrors() || more.HasErrors() || len(names) == 0 {
		return nil, nil
	}
	plan, diags := cfg.Plan(Request{Targets: names})
	inRange(t, data, diags)
	if plan != nil {
		inRange(t, data, plan.Collisions(nil))
		for _, target := range plan.Targets {
			if _, diags := plan.Explain(target.Name); diags.HasErrors() {
				t.Fatalf("cannot explain %s: %s", target.Name, diags)
			}
		}
	}
	return plan, cfg
}

func inRange(t *testing.T, data []byte, diags hcl.Diagnostics) {
	t.Helper()
	for _, d := range diags {
		if d.Subject != nil && (d.Subject.Start.Byte < 0 || d.Subject.End.Byte > len(data)+1) {
			t.Fatalf("%s: %v lies outside the %d bytes of the file", d.Summary, d.Subject, len(data))
		}
	}
}

// affordable keeps inputs that ask for unbounded work, which the language
// allows, out of the fuzzers.
func affordable(data string) bool {
	for _, costly := range []string{"range", "setproduct", "format", "indent", "pow", "bcrypt", "cidr", "matrix", "e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8", "e9", "E"} {
		if strings.Contains(data, costly) {
			return false
		}
	}
	return len(data) < 4096
}

func FuzzParse(f *testing.F) {
	seeds(f, func(name string, data []byte) { f.Add(strings.HasSuffix(name, ".json"), data) })
	f.Fuzz(func(t *testing.T, json bool, data []byte) {
		if !affordable(string(data)) {
			t.Skip("costly by intent")
		}
		name := "docker-bake.hcl"
		if json {
			name = "docker-bake.json"
		}
		planAll(t, name, data)
	})
}

// FuzzFixpoint: what --print prints is a definition that plans to itself.
func FuzzFixpoint(f *testing.F) {
	seeds(f, func(name string, data []byte) { f.Add(strings.HasSuffix(name, ".json"), data) })
	f.Fuzz(func(t *testing.T, json bool, data []byte) {
		if !affordable(string(data)) || strings.Contains(string(data), "timestamp") || strings.Contains(string(data), "uuid") {
			t.Skip("costly or different every time")
		}
		name := "docker-bake.hcl"
		if json {
			name = "docker-bake.json"
		}
		plan, _ := planAll(t, name, data)
		if plan == nil || len(plan.Targets) == 0 {
			t.Skip("nothing to print")
		}
		checkFixpoint(t, plan)
	})
}

func checkFixpoint(t *testing.T, plan *Plan) {
	t.Helper()
	first, err := plan.JSON()
	if err != nil {
		t.Fatal(err)
	}
	def, diags := Parse([]File{{Name: "docker-bake.json", Data: first}}, nil)
	cfg, more := def.Evaluate(Scope{Builtins: fuzzBuiltins})
	if diags = append(diags, more...); diags.HasErrors() {
		t.Fatalf("what was printed is no definition: %s\n%s", diags, first)
	}
	names := make([]string, len(plan.Targets))
	for i, target := range plan.Targets {
		names[i] = target.Name
	}
	again, diags := cfg.Plan(Request{Targets: names})
	if diags.HasErrors() {
		t.Fatalf("what was printed has no plan: %s\n%s", diags, first)
	}
	for _, target := range plan.Targets {
		got := again.Target(target.Name).buildKey()
		if diff := cmp.Diff(string(target.buildKey()), string(got)); diff != "" {
			t.Fatalf("target %s changed by being printed and read (-first +again):\n%s", target.Name, diff)
		}
	}
}

// TestFixpoint holds for every golden that has a plan.
func TestFixpoint(t *testing.T) {
	for _, path := range goldens(t) {
		g := readGolden(t, path)
		def, diags := Parse(g.files, g.env)
		cfg, more := def.Evaluate(Scope{Env: g.env, Vars: g.vars, Builtins: fuzzBuiltins})
		if append(diags, more...).HasErrors() {
			continue
		}
		if plan, _ := cfg.Plan(Request{Targets: g.targets, Set: g.set}); plan != nil {
			t.Run(filepath.Base(path), func(t *testing.T) { checkFixpoint(t, plan) })
		}
	}
}

func FuzzOverride(f *testing.F) {
	for _, s := range []string{"app.tags=x", "app.args.V=1", "*.output+=type=oci,dest=a", "app.secret.X=env=Y", "app.resources.memory=1g", "app.args.A", "a.contexts.b=", "*.push=true"} {
		f.Add(s)
	}
	def, _ := Parse([]File{{Name: "docker-bake.hcl", Data: []byte(`target "app" { secret = ["id=X"] }`)}}, nil)
	f.Fuzz(func(t *testing.T, text string) {
		o, err := ParseOverride(text)
		if err != nil {
			return
		}
		cfg, _ := def.Evaluate(Scope{})
		plan, diags := cfg.Plan(Request{Targets: []string{"app"}, Set: []Override{o}})
		if plan == nil && !diags.HasErrors() {
			t.Fatal("neither a plan nor an error")
		}
	})
}

// FuzzVariable feeds values of every kind to typed variables.
func FuzzVariable(f *testing.F) {
	for _, s := range []string{"", "1", "true", "a,b", `"a","b"`, "k:v,l:w", `{"a":1}`, "[1,2]", "null"} {
		f.Add(s)
	}
	data, err := os.ReadFile(filepath.Join("testdata", "variables.hcl"))
	if err != nil {
		f.Fatal(err)
	}
	def, diags := Parse([]File{{Name: "variables.hcl", Data: data}}, nil)
	if diags.HasErrors() {
		f.Fatal(diags)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !affordable(text) {
			t.Skip("costly by intent")
		}
		for _, name := range def.varOrder {
			for _, suffix := range []string{"", jsonSuffix} {
				cfg, _ := def.Evaluate(Scope{Vars: map[string]string{name + suffix: text}})
				cfg.ListVariables()
			}
		}
	})
}
