package cmd

import (
	"errors"
	"testing"

	"bake/cmd/app"
	"bake/cmd/exit"
	"bake/tests/apptest"

	"github.com/google/go-cmp/cmp"
)

// parse runs the flags of `bake` and returns the options they give.
func parse(t *testing.T, a *app.App, args ...string) (*bakeOptions, error) {
	t.Helper()
	var got *bakeOptions
	c := newBake(a, func(_ *app.App, o *bakeOptions) error { got = o; return nil })
	c.SetArgs(args)
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetErr(a.Err)
	err := c.Execute()
	return got, err
}

func TestBakeFlags(t *testing.T) {
	yes, no := true, false
	defaults := func(change func(*bakeOptions)) bakeOptions {
		o := bakeOptions{call: "build", frontend: "auto", progress: "auto", retries: 3, targets: []string{}}
		o.diagnostics = "text"
		change(&o)
		return o
	}
	tests := []struct {
		name string
		args []string
		env  map[string]string
		want bakeOptions
	}{
		{"nothing", nil, nil, defaults(func(*bakeOptions) {})},
		{"targets", []string{"app", "db"}, nil, defaults(func(o *bakeOptions) { o.targets = []string{"app", "db"} })},
		{"a target named like a verb", []string{"--", "engine"}, nil, defaults(func(o *bakeOptions) { o.targets = []string{"engine"} })},
		{"files", []string{"-f", "a.hcl", "--file=b.json", "-f-"}, nil, defaults(func(o *bakeOptions) { o.files = []string{"a.hcl", "b.json", "-"} })},
		{"a value with commas", []string{"--set", "a.tags=x,y", "--set=b.args.C=1"}, nil, defaults(func(o *bakeOptions) { o.set = []string{"a.tags=x,y", "b.args.C=1"} })},
		{"switches given", []string{"--no-cache", "--pull=false"}, nil, defaults(func(o *bakeOptions) { o.noCache, o.pull = &yes, &no })},
		{"switches", []string{"--push", "--load", "--print", "--strict"}, nil, defaults(func(o *bakeOptions) { o.push, o.load, o.print, o.strict = true, true, true, true })},
		{"check", []string{"--check"}, nil, defaults(func(o *bakeOptions) { o.call = "check" })},
		{"check and then call", []string{"--check", "--call=outline"}, nil, defaults(func(o *bakeOptions) { o.call = "outline" })},
		{"call and then check", []string{"--call=outline", "--check"}, nil, defaults(func(o *bakeOptions) { o.call = "check" })},
		{"no check", []string{"--call=outline", "--check=false"}, nil, defaults(func(o *bakeOptions) { o.call = "outline" })},
		{"list", []string{"--list", "type=targets,format=json"}, nil, defaults(func(o *bakeOptions) { o.list = "type=targets,format=json" })},
		{"list as it was", []string{"--list-variables"}, nil, defaults(func(o *bakeOptions) { o.list = "variables" })},
		{"jobs", []string{"-j4"}, nil, defaults(func(o *bakeOptions) { o.jobs = jobs{limit: 4, counted: true, text: "4"} })},
		{"values", []string{"--sbom=true", "--provenance=mode=max", "--var", "A=1", "--allow", "ssh", "--policy", "strict=true", "--metadata-file", "m.json", "--frontend=image"}, nil,
			defaults(func(o *bakeOptions) {
				o.sbom, o.provenance, o.metadataFile, o.frontend = "true", "mode=max", "m.json", "image"
				o.vars, o.allow, o.policy = []string{"A=1"}, []string{"ssh"}, []string{"strict=true"}
			})},
		{"builder of the environment", nil, map[string]string{"BUILDX_BUILDER": "far"}, defaults(func(o *bakeOptions) { o.builder = "far" })},
		{"builder of the flag", []string{"--builder=near"}, map[string]string{"BUILDX_BUILDER": "far"}, defaults(func(o *bakeOptions) { o.builder = "near" })},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, _, _ := apptest.New(t)
			for k, v := range tt.env {
				a.Env[k] = v
			}
			got, err := parse(t, a, tt.args...)
			if err != nil {
				t.Fatal(err)
			}
			got.specific, got.written, got.flags = false, nil, nil // have tests of their own
			if diff := cmp.Diff(tt.want, *got, cmp.AllowUnexported(bakeOptions{}, releaseFlags{}, jobs{}, definitionOptions{}, origin{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestPeerFlags holds the flags of `docker buildx bake` v0.38.2: each of them
// must exist here, by the same name, shorthand and kind.
func TestPeerFlags(t *testing.T) {
	a, _, _ := apptest.New(t)
	root := newRoot(a)
	peer := map[string]string{ // name and shorthand: type
		"allow": "stringArray", "builder": "string", "call": "string", "check": "bool", "debug D": "bool",
		"file f": "stringArray", "list": "string", "load": "bool", "metadata-file": "string", "no-cache": "bool",
		"policy": "stringArray", "print": "bool", "progress": "string", "provenance": "string", "pull": "bool",
		"push": "bool", "sbom": "string", "set": "stringArray", "var": "stringArray",
		"list-targets": "bool", "list-variables": "bool",
	}
	root.InheritedFlags()
	for key, kind := range peer {
		name, short := key, ""
		if i := len(key) - 2; key[i] == ' ' {
			name, short = key[:i], key[i+1:]
		}
		f := root.Flag(name)
		if f == nil {
			t.Errorf("there is no --%s", name)
			continue
		}
		if f.Shorthand != short || f.Value.Type() != kind {
			t.Errorf("--%s is -%q of type %s, want -%q of type %s", name, f.Shorthand, f.Value.Type(), short, kind)
		}
	}
}

func TestValidate(t *testing.T) {
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"--print", "--list=targets"}, "--print and --list are mutually exclusive"},
		{[]string{"--frontend=own"}, `invalid --frontend "own", want auto, builtin or image`},
		{[]string{"--allow=everything"}, `--allow everything: unknown entitlement key "everything"`},
		{[]string{"--allow=ssh=x"}, "--allow ssh=x: ssh does not accept a value"},
		{[]string{"--allow=fs"}, "--allow fs: fs needs a value, as in --allow fs=PATH"},
	}
	for _, tt := range tests {
		a, _, _ := apptest.New(t)
		o, err := parse(t, a, tt.args...)
		if err != nil {
			t.Fatal(err)
		}
		err = o.validate()
		if err == nil || err.Error() != tt.want {
			t.Errorf("%v: got %v, want %s", tt.args, err, tt.want)
		}
		if exit.CodeOf(err) != exit.Usage {
			t.Errorf("%v: exit code %d, want %d", tt.args, exit.CodeOf(err), exit.Usage)
		}
	}
}

func TestUnknownFlagSuggests(t *testing.T) {
	a, _, stderr := apptest.New(t, "--metdata-file=x")
	if code := runCommand(a); code != exit.Usage {
		t.Errorf("exit code %d, want %d", code, exit.Usage)
	}
	want := "error: unknown flag: --metdata-file\n\nDid you mean --metadata-file?\n"
	if stderr.String() != want {
		t.Errorf("got %q, want %q", stderr, want)
	}
}

func TestExitCode(t *testing.T) {
	tests := []struct {
		err  error
		want int
	}{
		{nil, exit.OK},
		{errors.New("anything"), exit.Build},
		{exit.Usagef("wrong"), exit.Usage},
		{exit.ErrInterrupted, exit.Interrupted},
		{exit.Reported(exit.Check), exit.Check},
	}
	for _, tt := range tests {
		if got := exit.CodeOf(tt.err); got != tt.want {
			t.Errorf("%v: got %d, want %d", tt.err, got, tt.want)
		}
	}
}
