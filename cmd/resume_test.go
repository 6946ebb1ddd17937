package cmd

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"bake/bake"
	"bake/bake/submit/release"
	"bake/cmd/app"
	"bake/cmd/diagnostics"
	"bake/cmd/exit"
	"bake/cmd/recovery"
	"bake/tests/apptest"
)

const releasedDefinition = `
variable "TAG" { default = "dev" }
variable "NPM_TOKEN" { default = "" }
variable "PLATFORM" { default = "linux/amd64" }
group "release" { targets = ["app", "web"] }
target "app" {
  tags      = ["r.example/app:${TAG}"]
  platforms = [PLATFORM]
  args      = { T = NPM_TOKEN }
}
target "web" { tags = ["r.example/web:${TAG}"] }
`

// planned is the plan that a command line asks for.
func planned(t *testing.T, a *app.App, o *bakeOptions) *bake.Plan {
	t.Helper()
	o.asked = o.targets
	apptest.WriteFile(t, a, "docker-bake.hcl", releasedDefinition)
	if len(o.files) == 0 {
		o.files = []string{a.Dir + "/docker-bake.hcl"}
		defer func() { o.files = nil }()
	}
	request, err := o.request(a)
	if err != nil {
		t.Fatal(err)
	}
	config, err := evaluateDefinition(a, &o.definitionOptions, &diagnostics.Reporter{Streams: a.Streams})
	if err != nil {
		t.Fatal(err)
	}
	plan, diags := config.Plan(request)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return plan
}

// A release that was interrupted before all images were pushed is built again as
// it was. What is asked for otherwise is refused, and named.
func TestResumeBuildsAgain(t *testing.T) {
	first := "--push --atomic release"
	for name, tc := range map[string]struct {
		env1, args1 string // of the run that was interrupted
		env2, args2 string // of that which resumes it
		want        string // the tags of app, or what the error says
	}{
		"by itself":                 {"TAG=2.0", first, "", "", "r.example/app:2.0"},
		"of --var":                  {"", first + " --var TAG=2.0", "", "", "r.example/app:2.0"},
		"of --var alone":            {"BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP=1 TAG=3.0", first + " --var TAG=2.0", "", "", "r.example/app:2.0"},
		"as it was":                 {"TAG=2.0", first, "TAG=2.0", "release", "r.example/app:2.0"},
		"the default":               {"", first, "", "", "r.example/app:dev"},
		"of a flag":                 {"", first + " --set app.tags=r.example/app:9 --pull --no-cache=false", "", "", "r.example/app:9"},
		"another value":             {"TAG=2.0", first, "TAG=3.0", "", `the variable TAG is "3.0" and was "2.0"`},
		"another value by --var":    {"TAG=2.0", first, "", "--var TAG=3.0", `the variable TAG is "3.0" and was "2.0"`},
		"a value more":              {"", first, "TAG=3.0", "", `the variable TAG is "3.0" and was not set`},
		"a token":                   {"NPM_TOKEN=hush", first, "NPM_TOKEN=hush", "", "r.example/app:dev"},
		"without the token":         {"NPM_TOKEN=hush", first, "", "", "the variable NPM_TOKEN was set, but to what is not written down"},
		"a token more":              {"", first, "NPM_TOKEN=hush", "", "the variable NPM_TOKEN is set and was not"},
		"another platform":          {"PLATFORM=linux/arm64", first, "PLATFORM=linux/amd64", "", `the platforms of target app are linux/amd64 and were linux/arm64`},
		"other targets":             {"", first, "", "web", "targets: web, and it was release"},
		"another flag":              {"", first, "", "--set app.args.A=1", "--set app.args.A=1 was not given"},
		"another value of a flag":   {"", first + " --sbom=true", "", "--sbom=false", "--sbom false was not given"},
		"a secret flag":             {"", first + " --set app.args.API_KEY=hush --set app.tags=r.example/x:1", "", "--set app.args.API_KEY=hush", "r.example/x:1"},
		"without the secret flag":   {"", first + " --set app.args.API_KEY=hush", "", "", "--set app.args.API_KEY was given, but its value is not written down"},
		"from standard input":       {"", first + " -f -", "", "", "the definition once more"},
		"from a URL with a login":   {"", first + " https://me:hush@r.example/x.git", "", "", "the definition once more"},
		"an argument from outside":  {"GIT=1", first + " --set app.args.GIT", "", "", "r.example/app:dev"},
		"another from outside":      {"GIT=1", first + " --set app.args.GIT", "GIT=2", "", `the variable GIT is "2" and was "1"`},
		"the variables of a reader": {"BUILDX_BAKE_FILE_RELATIVE_PATHS=0", first, "BUILDX_BAKE_FILE_RELATIVE_PATHS=1", "", `the variable BUILDX_BAKE_FILE_RELATIVE_PATHS is "1" and was "0"`},
	} {
		t.Run(name, func(t *testing.T) {
			a, _, _ := apptest.New(t)
			env := func(text string) bake.Env {
				out := bake.Env{"HOME": a.Dir}
				for _, s := range strings.Fields(text) {
					name, value, _ := strings.Cut(s, "=")
					out[name] = value
				}
				return out
			}
			a.Env = env(tc.env1)
			o, err := parse(t, a, strings.Fields(tc.args1)...)
			if err != nil {
				t.Fatal(err)
			}
			asked := o.targets
			o.targets = slices.DeleteFunc(slices.Clone(asked), bake.IsRemote)
			stdin := slices.Contains(o.files, "-")
			if stdin {
				o.files = nil
			}
			plan := planned(t, a, o)
			if o.asked = asked; stdin {
				o.files = []string{"-"}
			}
			entry := &release.Entry{Record: release.Record{ID: "a", Phase: release.Pushing, Request: o.releaseRequest(a, plan)}}
			for _, text := range append(slices.Collect(mapValues(entry.Request.Variables)), recovery.Command(entry.Request, "a")) {
				if strings.Contains(text, "hush") {
					t.Errorf("a secret is written down: %q", text)
				}
			}

			a.Env = env(tc.env2)
			if o, err = parse(t, a, append(strings.Fields(tc.args2), "--resume")...); err != nil {
				t.Fatal(err)
			}
			if err = o.again(a, entry); err == nil {
				plan = planned(t, a, o)
				err = o.compareRelease(a, plan)
			}
			got := ""
			if err == nil {
				got = strings.Join(plan.Target("app").Tags, " ")
				if !o.atomic || !o.push {
					t.Error("it is no release")
				}
			} else {
				var own *exit.Error
				if !errors.As(err, &own) || own.Code != exit.Usage || !strings.Contains(own.Hint, "bake --resume=a") && !strings.Contains(own.Hint, "once more") {
					t.Errorf("no advice: %+v", own)
				}
				got = err.Error() + own.Hint
			}
			if !strings.Contains(got, tc.want) || err == nil && got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func mapValues(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

// A release is built again where it was begun.
func TestResumeElsewhere(t *testing.T) {
	for phase, want := range map[release.Phase]string{
		release.Pushing: "cd '/x y' && bake --resume=a",
		release.Moving:  "`bake --resume=a` by itself finishes it",
	} {
		a, _, _ := apptest.New(t)
		o, err := parse(t, a, "app", "--resume")
		if err != nil {
			t.Fatal(err)
		}
		var own *exit.Error
		err = o.again(a, &release.Entry{Record: release.Record{ID: "a", Phase: phase, Request: release.Request{Dir: "/x y"}}})
		if !errors.As(err, &own) || !strings.Contains(own.Hint, want) {
			t.Errorf("%s: %v, want %q", phase, own, want)
		}
	}
}

// The command that goes on with a release has what has to be given again.
func TestCommand(t *testing.T) {
	for want, r := range map[string]release.Request{
		"bake --resume=a":                           {Targets: []string{"app"}, Flags: []release.Flag{{Name: "set", Value: "app.args.A=1"}}},
		"bake --resume=a --set app.args.KEY=...":    {Flags: []release.Flag{{Name: "set", Value: "app.args.KEY", Hidden: true}}},
		"bake --resume=a -f a.hcl -f - <DEFINITION": {Files: []string{"a.hcl", "-"}, More: true},
		"bake --resume=a URL":                       {More: true},
		"bake --resume=a --set '*.args.KEY=...'":    {Flags: []release.Flag{{Name: "set", Value: "*.args.KEY", Hidden: true}}},
	} {
		if got := recovery.Command(r, "a"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
