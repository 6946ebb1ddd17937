package bake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"testing/fstest"
)

const secretCompose = `services:
  web: {build: {context: ., secrets: [token, other, file]}}
  api: {build: {context: ., secrets: [token]}}
secrets:
  token: {environment: TOKEN}
  other: {environment: OTHER}
  file: {file: ./TOKEN}
`

// A secret that is a variable has the value of .env, or of what is read instead,
// where the environment has none. Nothing prints it.
func TestComposeSecretValue(t *testing.T) {
	tests := []struct {
		name string
		opt  ParseOptions
		hcl  string
		want []string
	}{
		{"in .env", ParseOptions{}, "", []string{"web token=dotenv", "api token=dotenv"}},
		{"in another file", ParseOptions{EnvFiles: []string{"vars"}}, "", []string{"web token=vars", "web other=empty:", "api token=vars"}},
		{"in no file", ParseOptions{NoEnvFile: true}, "", nil},
		{"on the command line", ParseOptions{Vars: map[string]string{"TOKEN": "var"}}, "", []string{"web token=var", "api token=var"}},
		{"in the environment", ParseOptions{Env: Env{"TOKEN": "outside"}}, "", nil},
		{"empty in the environment", ParseOptions{Env: Env{"TOKEN": ""}}, "", nil},
		{"another variable for one target", ParseOptions{}, `target "web" { secret = ["id=token,env=ELSE"] }`, []string{"api token=dotenv"}},
		{"a file for one target", ParseOptions{}, `target "api" { secret = ["id=token,src=x"] }`, []string{"web token=dotenv"}},
		{"a target that inherits", ParseOptions{}, `target "more" { inherits = ["api"] }`, []string{"web token=dotenv", "api token=dotenv", "more token=dotenv"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.opt.FS = fstest.MapFS{
				".env": {Data: []byte("TOKEN=dotenv\n")},
				"vars": {Data: []byte("TOKEN=vars\nOTHER=empty:\n")},
			}
			def, diags := ParseWith([]File{{Name: "compose.yaml", Data: []byte(secretCompose)}, {Name: "docker-bake.hcl", Data: []byte(tt.hcl)}}, tt.opt)
			config, more := def.Evaluate(Scope{Env: tt.opt.Env, Vars: tt.opt.Vars})
			if diags = append(diags, more...); diags.HasErrors() {
				t.Fatal(diags)
			}
			plan, diags := config.Plan(Request{Targets: []string{"*"}})
			if plan == nil {
				t.Fatal(diags)
			}
			checkSecretValues(t, plan, tt.want)
		})
	}
}

func checkSecretValues(t *testing.T, plan *Plan, want []string) {
	t.Helper()
	printed, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, target := range plan.Targets {
		for _, s := range target.Secrets {
			if s.Value == nil {
				continue
			}
			got = append(got, fmt.Sprintf("%s %s=%s", target.Name, s.ID, *s.Value))
			if bytes.Contains(printed, []byte(*s.Value)) {
				t.Errorf("printed: %s", printed)
			}
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
