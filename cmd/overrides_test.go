package cmd

import (
	"testing"

	"bake/bake"
	"bake/tests/apptest"

	"github.com/google/go-cmp/cmp"
)

func TestFlagOverrides(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want []flagOverride
	}{
		{"none", nil, nil},
		{"a fixed order, whatever was typed first", []string{"--provenance=false", "--sbom=true", "--pull", "--no-cache", "--check", "--load", "--push"}, []flagOverride{
			{"--push", "*.push=true"},
			{"--load", "*.load=true"},
			{"--call check", "*.call=lint"},
			{"--no-cache", "*.no-cache=true"},
			{"--pull", "*.pull=true"},
			{"--sbom true", "*.attest=type=sbom,disabled=false"},
			{"--provenance false", "*.attest=type=provenance,disabled=true"},
		}},
		{"switched off", []string{"--push=false", "--no-cache=false"}, []flagOverride{{"--no-cache", "*.no-cache=false"}}},
		{"attributes of an attestation", []string{"--provenance", "mode=max,version=v1"}, []flagOverride{{"--provenance mode=max,version=v1", "*.attest=type=provenance,mode=max,version=v1"}}},
		{"policies are added", []string{"--policy=strict=true", "--policy=log-level=debug"}, []flagOverride{
			{"--policy strict=true", "*.policy+=strict=true"},
			{"--policy log-level=debug", "*.policy+=log-level=debug"},
		}},
		{"no policy", []string{"--policy=disabled=true"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, _, _ := apptest.New(t)
			o, err := parse(t, a, tt.args...)
			if err != nil {
				t.Fatal(err)
			}
			got, err := o.flagOverrides()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(flagOverride{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSetComesBeforeFlags(t *testing.T) {
	a, _, _ := apptest.New(t)
	o, err := parse(t, a, "--push", "--set", "app.tags=x", "--set", "*.pull=true")
	if err != nil {
		t.Fatal(err)
	}
	list, err := o.overrides()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, override := range list {
		got = append(got, override.Text)
	}
	if diff := cmp.Diff([]string{"--set app.tags=x", "--set *.pull=true", "--push"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestNoPolicy(t *testing.T) {
	a, _, _ := apptest.New(t)
	o, err := parse(t, a, "--policy=disabled=true")
	if err != nil {
		t.Fatal(err)
	}
	request, err := o.request(a)
	if err != nil {
		t.Fatal(err)
	}
	if !request.NoPolicy {
		t.Error("--policy disabled=true leaves policies on")
	}
}

func TestBadPolicies(t *testing.T) {
	tests := []struct {
		flags []string
		want  string
	}{
		{[]string{"disabled=true", "strict=true"}, "--policy disabled=true: a disabled policy cannot be combined with other policy flags"},
		{[]string{"disabled=true,strict=true"}, "--policy disabled=true: a disabled policy cannot be combined with other policy flags"},
		{[]string{"filename=a.rego"}, "--policy does not accept filename; policy files belong into the definition"},
		{[]string{"reset=true"}, "--policy does not accept reset; policy files belong into the definition"},
		{[]string{"strict=maybe"}, `--policy strict=maybe: strict wants true or false, not "maybe"`},
		{[]string{"colour=red"}, "--policy colour=red: want [disabled=BOOL][,strict=BOOL][,log-level=LEVEL]"},
	}
	for _, tt := range tests {
		if _, _, err := parsePolicies(tt.flags); err == nil || err.Error() != tt.want {
			t.Errorf("%v: got %v, want %s", tt.flags, err, tt.want)
		}
	}
}

func TestParseCall(t *testing.T) {
	tests := []struct {
		text string
		want bake.Call
		err  string
	}{
		{"", bake.Call{}, ""},
		{"build", bake.Call{}, ""},
		{"check", bake.Call{Method: "lint"}, ""},
		{"outline,format=json", bake.Call{Method: "outline", Format: "json"}, ""},
		{"format=json", bake.Call{Format: "json"}, ""},
		{"check,ignorestatus=true", bake.Call{Method: "lint", IgnoreStatus: true}, ""},
		{"check,outline", bake.Call{}, `--call check,outline: two methods, "check" and "outline"`},
		{"check,form=json", bake.Call{}, `--call check,form=json: unknown key "form", want format or ignorestatus`},
		{"check,ignorestatus=x", bake.Call{}, `--call check,ignorestatus=x: ignorestatus wants true or false, not "x"`},
	}
	for _, tt := range tests {
		got, err := parseCall(tt.text)
		switch {
		case tt.err != "":
			if err == nil || err.Error() != tt.err {
				t.Errorf("%q: got %v, want %s", tt.text, err, tt.err)
			}
		case err != nil:
			t.Errorf("%q: %v", tt.text, err)
		case got != tt.want:
			t.Errorf("%q: got %+v, want %+v", tt.text, got, tt.want)
		}
	}
}

func TestParseVars(t *testing.T) {
	got, err := parseVars([]string{"A=1", "B=x=y", "", "A=2", "C="})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"A": "2", "B": "x=y", "C": ""}, got); diff != "" {
		t.Error(diff)
	}
	for text, want := range map[string]string{
		"FOO": `invalid variable "FOO", expected key=value`,
		"=x":  `invalid variable "=x", key is empty`,
	} {
		if _, err := parseVars([]string{text}); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}
