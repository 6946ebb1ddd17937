package cmd

import (
	"slices"
	"strings"
	"testing"

	"bake/cmd/app"
	"bake/cmd/exit"
	"bake/tests/apptest"
)

// meaning is the verb that a command line runs, "bake" for a build.
func meaning(a *app.App) string {
	root := newRoot(a)
	settleVerb(a, root)
	c, _, err := root.Find(a.Args)
	if err != nil {
		return err.Error()
	}
	return c.CommandPath()
}

// TestTargetsNamedLikeVerbs has, for every verb there is, a target of that name.
func TestTargetsNamedLikeVerbs(t *testing.T) {
	b, _, _ := apptest.New(t)
	for _, verb := range newRoot(b).Commands() {
		name := verb.Name()
		for _, args := range [][]string{{name}, {"--print", name}, {name, "--print"}, {"-f", "x.hcl", name}, {name, "other"}, {"--set", name + ".args.A=1", name, "oth*"}} {
			a, _, stderr := apptest.New(t, args...)
			apptest.WriteFile(t, a, "docker-bake.hcl", "target \""+name+"\" {}\ngroup \"other\" { targets = [\""+name+"\"] }\n")
			apptest.WriteFile(t, a, "x.hcl", "target \""+name+"\" {}\n")
			if got := meaning(a); got != "bake" {
				t.Errorf("%q is %s, want a build", args, got)
			}
			if want := "note: \"" + name + "\" is a target here; for the verb, write: bake " + name + " --\n"; stderr.String() != want {
				t.Errorf("%q tells %q, want %q", args, stderr, want)
			}
		}
		a, _, stderr := apptest.New(t, name, "--")
		apptest.WriteFile(t, a, "docker-bake.hcl", "target \""+name+"\" {}\n")
		if got := meaning(a); got != "bake "+name || stderr.Len() > 0 {
			t.Errorf("%s -- is %s, want the verb: %s", name, got, stderr)
		}
		if a.Opened != nil {
			t.Errorf("%s --: the definition was read for nothing", name)
		}
	}
}

func TestSettleVerb(t *testing.T) {
	const note = "note: \"engine\" is a verb of bake; to build the target of that name, write: bake -- engine\n"
	const hcl = `target "engine" {}
		target "stop" {}
		target "app" {}
		target "all" {
		  name   = n
		  matrix = { n = ["engine-a", "explain"] }
		}`
	const compose = "services:\n  engine: {build: .}\n  app.web: {build: .}\n"
	tests := []struct {
		name string
		file string
		text string
		args []string
		want string
		told string
	}{
		{"the verb of a verb", "docker-bake.hcl", hcl, []string{"engine", "stop"}, "bake engine stop", ""},
		{"a flag of the verb only", "docker-bake.hcl", hcl, []string{"engine", "--short"}, "bake engine", ""},
		{"help", "docker-bake.hcl", hcl, []string{"engine", "--help"}, "bake engine", ""},
		{"help about it", "docker-bake.hcl", hcl, []string{"help", "engine"}, "bake help", ""},
		{"the instance of a matrix", "docker-bake.hcl", hcl, []string{"explain"}, "bake", "note: \"explain\" is a target here; for the verb, write: bake explain --\n"},
		{"another word is no target", "docker-bake.hcl", hcl, []string{"engine", "apq"}, "bake engine", note},
		{"another word is no target, and a flag of a build", "docker-bake.hcl", hcl, []string{"engine", "apq", "--print"}, "bake", ""},
		{"a path", "docker-bake.hcl", hcl, []string{"engine", "./app"}, "bake engine", ""},
		{"no such target", "docker-bake.hcl", "target \"app\" {}\n# engine", []string{"engine"}, "bake engine", ""},
		{"no such target, and a flag of a build", "docker-bake.hcl", "target \"app\" {}", []string{"engine", "--print"}, "bake engine", ""},
		{"a word that is a target after it", "docker-bake.hcl", hcl, []string{"explain", "app"}, "bake", "note: \"explain\" is a target here; for the verb, write: bake explain --\n"},
		{"only the other word is a target", "docker-bake.hcl", "target \"app\" {}", []string{"explain", "app"}, "bake explain", ""},
		{"after a target", "docker-bake.hcl", hcl, []string{"app", "engine"}, "bake", ""},
		{"a pattern", "docker-bake.hcl", hcl, []string{"engine", "eng*", "-k"}, "bake", "note: \"engine\" is a target here; for the verb, write: bake engine --\n"},
		{"a pattern that matches nothing", "docker-bake.hcl", hcl, []string{"engine", "x*"}, "bake engine", note},
		{"services", "compose.yaml", compose, []string{"engine", "app.web"}, "bake", "note: \"engine\" is a target here; for the verb, write: bake engine --\n"},
		{"a definition that is broken", "docker-bake.hcl", "target \"engine\" {", []string{"engine"}, "bake engine", ""},
		{"a definition that is broken, and a flag of a build", "docker-bake.hcl", "target \"engine\" {", []string{"--print", "engine"}, "bake", ""},
		{"no definition", "x", "", []string{"engine"}, "bake engine", ""},
		{"no definition, and a flag of a build", "x", "", []string{"engine", "--print"}, "bake", ""},
		{"a program reads", "docker-bake.hcl", hcl, []string{"engine", "--diagnostics=json"}, "bake", ""},
		{"from the environment", "docker-bake.hcl", "variable \"L\" { default = \"\" }\ntarget \"t\" {\n name = n\n matrix = { n = split(\",\", L) }\n}", []string{"engine", "--var", "L=app,engine"}, "bake", "note: \"engine\" is a target here; for the verb, write: bake engine --\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, _, stderr := apptest.New(t, tt.args...)
			apptest.WriteFile(t, a, tt.file, tt.text)
			if got := meaning(a); got != tt.want {
				t.Errorf("%q is %s, want %s", tt.args, got, tt.want)
			}
			if stderr.String() != tt.told {
				t.Errorf("%q tells %q, want %q", tt.args, stderr, tt.told)
			}
		})
	}
}

// TestVerbsReadNoDefinition holds what must not cost anything: a line that names
// no verb, and one that can only mean a verb.
func TestVerbsReadNoDefinition(t *testing.T) {
	for _, args := range [][]string{{"app", "--print"}, {}, {"app", "engine"}, {"--", "engine"}, {"engine", "stop"}, {"builders", "ls"}, {"inspect", "example.com/app:1"}, {"explain", "app.args"}} {
		a, _, _ := apptest.New(t, args...)
		apptest.WriteFile(t, a, "docker-bake.hcl", "target \"engine\" {}\ntarget \"app\" {}\n")
		meaning(a)
		if a.Opened != nil && !slices.Equal(args, []string{"explain", "app.args"}) {
			t.Errorf("%q: the definition was read to tell what the words mean", args)
		}
	}
}

// TestTargetNamedLikeVerbIsPlanned is the whole way, with a definition that can
// be read once only.
func TestTargetNamedLikeVerbIsPlanned(t *testing.T) {
	a, stdout, stderr := apptest.New(t, "-f", "-", "check", "engine", "--print")
	a.In = strings.NewReader("target \"engine\" {}\ntarget \"check\" {}\n")
	if code := runCommand(a); code != exit.OK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, name := range []string{"check", "engine"} {
		if !strings.Contains(stdout.String(), "\""+name+"\": {\n      \"context\"") {
			t.Errorf("%s is not in the plan:\n%s", name, stdout)
		}
	}
	b, stdout, stderr := apptest.New(t, "engine", "--print", "-f", "-")
	b.In = strings.NewReader("target \"engine\" {}\n")
	if code := runCommand(b); code != exit.OK || !strings.Contains(stdout.String(), "\"engine\": {") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	c, _, stderr := apptest.New(t, "engine", "--print")
	apptest.WriteFile(t, c, "docker-bake.hcl", "target \"engine\" {\n")
	if code := runCommand(c); code != exit.Usage || !strings.Contains(stderr.String(), "docker-bake.hcl:") {
		t.Errorf("exit code %d, and what is wrong with the definition is not told: %s", code, stderr)
	}
}

func TestCompleteTargetNamedLikeVerb(t *testing.T) {
	complete := func(args ...string) string {
		a, stdout, _ := apptest.New(t, append([]string{"__complete"}, args...)...)
		apptest.WriteFile(t, a, "docker-bake.hcl", "target \"engine\" {}\ntarget \"app\" {}\n")
		if code := runCommand(a); code != exit.OK {
			t.Errorf("%q: exit code %d", args, code)
		}
		return stdout.String()
	}
	for _, want := range []string{"app\n", "status\t"} {
		if got := complete("engine", ""); !strings.Contains(got, want) {
			t.Errorf("after engine %q is missing:\n%s", want, got)
		}
	}
	if got := complete("engine", "--pri"); !strings.Contains(got, "--print\t") {
		t.Errorf("no flags of a build after engine:\n%s", got)
	}
	if got := complete("engine", "app", ""); strings.Contains(got, "status") {
		t.Errorf("verbs of engine after two targets:\n%s", got)
	}
	if got := complete("engine", "status", "--f"); !strings.Contains(got, "--format") {
		t.Errorf("no flags of engine status:\n%s", got)
	}
	if got := complete("eng"); strings.Count(got, "engine") != 1 {
		t.Errorf("engine is not offered once:\n%s", got)
	}
}
