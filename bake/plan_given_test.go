package bake

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const givenDefinition = `
variable "TAG" { default = "dev" }
variable "UNREAD" { default = "" }
variable "LIST" {
  type    = list(string)
  default = []
}
variable "SUFFIX" { default = MIDDLE }
variable "MIDDLE" { default = "" }
variable "LIMIT" {
  default = 1
  validation {
    condition     = LIMIT < MOST
    error_message = "too much"
  }
}
variable "MOST" { default = 9 }
variable "AXIS" { default = "a,b" }
variable "MEMBERS" { default = "app" }
variable "TARGETS" { default = "" }
variable "FALLBACK" { default = "" }
variable "NPM_TOKEN" { default = "" }
variable "MIRROR" { default = "" }
variable "ONLY_SECRET" { default = "" }
variable "HIDDEN_BY_USE" { default = "" }
variable "IN_TOKEN_ARG" { default = "" }
function "named" {
  params = [TAG2]
  result = "${TAG2}${TARGETS}"
}
local = "${LIST[0]}"
group "default" { targets = [MEMBERS] }
target "base" { args = { LIMIT = LIMIT } }
target "app" {
  inherits = ["base"]
  tags     = ["app:${TAG}", "app:${local}", named(SUFFIX)]
  args     = { A = NPM_TOKEN, M = MIRROR, T_TOKEN = IN_TOKEN_ARG, H = HIDDEN_BY_USE }
  secret   = ["id=x,env=HIDDEN_BY_USE", "id=${ONLY_SECRET}"]
}
target "other" {
  name   = "o-${n}"
  matrix = { n = split(",", AXIS) }
  tags   = [target.fallback.tags[0]]
}
target "fallback" { tags = [FALLBACK] }
`

// The values of variables that a plan reads are known, wherever it reads them,
// and nothing that may be secret is among them.
func TestGiven(t *testing.T) {
	env := Env{"SOURCE_DATE_EPOCH": "1", "HOME": "/home/me", "LIST": "l1,l2", "MEMBERS": "app"}
	for _, name := range []string{"UNREAD", "MIDDLE", "TARGETS", "FALLBACK", "NPM_TOKEN", "ONLY_SECRET", "HIDDEN_BY_USE", "IN_TOKEN_ARG"} {
		env[name] = "of " + name
	}
	env["AXIS"] = "c,d"
	env["MOST"], env["MIRROR"] = "7", "https://me:pw@example.com"
	for asked, want := range map[string]string{
		"":      "LIST=l1,l2 MEMBERS=app MIDDLE=of MIDDLE MOST=7 SOURCE_DATE_EPOCH=1 TAG=2.0 TARGETS=of TARGETS but HIDDEN_BY_USE MIRROR NPM_TOKEN",
		"other": "AXIS=c,d FALLBACK=of FALLBACK MEMBERS=app SOURCE_DATE_EPOCH=1 but ",
	} {
		def, diags := Parse([]File{{Name: "docker-bake.hcl", Data: []byte(givenDefinition)}}, env)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		config, diags := def.Evaluate(Scope{Env: env, Vars: map[string]string{"TAG": "2.0"}})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		var targets []string
		if asked != "" {
			targets = append(targets, asked)
		}
		plan, diags := config.Plan(Request{Targets: targets, Env: env})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if got := givenText(plan.Given()); got != want {
			t.Errorf("%q: got  %s\nwant %s", asked, got, want)
		}
	}
}

func givenText(g Given) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(g.Values)) {
		list = append(list, name+"="+g.Values[name])
	}
	return strings.Join(list, " ") + " but " + strings.Join(g.Hidden, " ")
}

// So it is with Compose files: what .env says is in no need of being given again.
func TestGivenToCompose(t *testing.T) {
	env := Env{"TAG": "2.0", "UNREAD": "x", "DB_PASSWORD": "hush"}
	def, diags := ParseWith([]File{{Name: "compose.yaml", Data: []byte("services:\n  app:\n    image: app:${TAG}-${OF_VARS:-x}\n    build: {context: ., args: {P: \"${DB_PASSWORD}\"}}\n")}},
		ParseOptions{Env: env, Vars: map[string]string{"OF_VARS": "v"}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	config, _ := def.Evaluate(Scope{Env: env})
	plan, diags := config.Plan(Request{Env: env})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	want := Given{Values: map[string]string{"TAG": "2.0", "OF_VARS": "v"}, Hidden: []string{"DB_PASSWORD"}}
	if got := plan.Given(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestMayBeSecret(t *testing.T) {
	for _, name := range []string{"NPM_TOKEN", "npmToken", "DBPASSWORD", "API_KEY", "apiKey", "KEY", "ssh-key", "PASS", "GIT_AUTH", "MY_PAT", "Secret"} {
		if !MayBeSecret(name, "") {
			t.Errorf("%s is taken for no secret", name)
		}
	}
	for _, name := range []string{"TAG", "AUTHOR", "MONKEY", "PATH", "PWD", "COMPASS", "KEYBOARD", "VERSION"} {
		if MayBeSecret(name, "2.0") {
			t.Errorf("%s is taken for a secret", name)
		}
	}
	if !MayBeSecret("MIRROR", "https://me:pw@example.com/x") || MayBeSecret("MIRROR", "https://example.com/a@b") {
		t.Error("a URL is judged wrongly")
	}
}
