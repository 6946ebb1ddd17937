package bake

import (
	"strings"
	"testing"
)

const unsetCompose = `services:
  web:
    image: web:$TAG
    build: {context: ., args: {V: "$V", W: "$W"}, tags: ["web:$TAG", "also:$TAG"]}
    environment: {PORT: "$PORT"}
  api:
    build: {context: ., args: {V: "$V"}}
`

// TestUnsetVariables warns about what the targets of a plan read, once for each
// variable.
func TestUnsetVariables(t *testing.T) {
	const v, w, tag = "compose.yaml:4,35 V", "compose.yaml:4,44 W", "compose.yaml:4,58 TAG (also compose.yaml:4,70)"
	tests := []struct {
		name string
		hcl  string
		set  []string
		ask  string
		want []string
	}{
		{"all", "", nil, "", []string{v + " (also compose.yaml:7,35)", w, tag}},
		{"one target", "", nil, "api", []string{"compose.yaml:7,35 V"}},
		{"given on the command line", "", []string{"web.args.V=1", "web.tags=t"}, "web", []string{w}},
		{"given for one of two", "", []string{"web.args.V=1"}, "", []string{w, tag, "compose.yaml:7,35 V"}},
		{"added to", "", []string{"web.tags+=t"}, "web", []string{v, w, tag}},
		{"another file says it", `target "web" { args = { W = "w" } }`, nil, "web", []string{v, tag}},
		{"a target that inherits", `target "more" { inherits = ["api"] }`, nil, "more", []string{"compose.yaml:7,35 V"}},
		{"a target that inherits and says it", `target "more" {
			inherits = ["api"]
			args     = { V = "1" }
		}`, nil, "more", nil},
		{"a target that links", `target "more" { contexts = { a = "target:api" } }`, nil, "more", []string{"compose.yaml:7,35 V"}},
		{"another target", `target "more" {}`, nil, "more", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := []File{{Name: "compose.yaml", Data: []byte(unsetCompose)}, {Name: "docker-bake.hcl", Data: []byte(tt.hcl)}}
			def, diags := Parse(files, nil)
			config, more := def.Evaluate(Scope{})
			if diags = append(diags, more...); len(diags) > 0 {
				t.Fatal(diags)
			}
			req := Request{}
			for _, text := range tt.set {
				o, err := ParseOverride(text)
				if err != nil {
					t.Fatal(err)
				}
				req.Set = append(req.Set, o)
			}
			if tt.ask != "" {
				req.Targets = []string{tt.ask}
			}
			plan, diags := config.Plan(req)
			if plan == nil {
				t.Fatal(diags)
			}
			var got []string
			for _, d := range diags {
				u := d.Extra.(*undeclared)
				text := at(*d.Subject) + " " + u.name
				for _, rng := range u.also {
					text += " (also " + at(rng) + ")"
				}
				got = append(got, text)
			}
			if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}
