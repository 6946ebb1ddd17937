package compose

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/compose-spec/compose-go/v2/schema"
	"github.com/hashicorp/hcl/v2"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

func mapFS(files map[string]string) fs.FS {
	m := fstest.MapFS{}
	for name, data := range files {
		m[name] = &fstest.MapFile{Data: []byte(data)}
	}
	return m
}

// parse reads one file, compose.yaml.
func parse(text string, opt Options) (hcl.Body, hcl.Diagnostics) {
	return Parse([]File{{Name: "compose.yaml", Data: []byte(text)}}, opt)
}

// found are the attributes of the blocks, as "target.NAME.ATTRIBUTE".
func found(t testing.TB, body hcl.Body) map[string]*hcl.Attribute {
	t.Helper()
	content, diags := body.Content(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
		{Type: "target", LabelNames: []string{"name"}}, {Type: "group", LabelNames: []string{"name"}},
	}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	out := map[string]*hcl.Attribute{}
	for _, b := range content.Blocks {
		attrs, diags := b.Body.JustAttributes()
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		for name, a := range attrs {
			out[b.Type+"."+b.Labels[0]+"."+name] = a
		}
	}
	return out
}

func valueOfExpr(t testing.TB, x hcl.Expression) string {
	t.Helper()
	v, diags := x.Value(nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	data, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// spots are the places of an attribute: its value, elements and entries, each
// as "file:line,column text".
func spots(text map[string]string, a *hcl.Attribute) []string {
	spot := func(r hcl.Range) string {
		return fmt.Sprintf("%s:%d,%d %s", r.Filename, r.Start.Line, r.Start.Column, text[r.Filename][r.Start.Byte:r.End.Byte])
	}
	out := []string{spot(a.NameRange), spot(a.Expr.Range())}
	if pairs, diags := hcl.ExprMap(a.Expr); !diags.HasErrors() {
		for _, p := range pairs {
			out = append(out, spot(p.Key.Range())+" = "+spot(p.Value.Range()))
		}
	}
	if items, diags := hcl.ExprList(a.Expr); !diags.HasErrors() {
		for _, x := range items {
			out = append(out, spot(x.Range()))
		}
	}
	return out
}

// A byte order mark is no character of the first line.
func TestByteOrderMark(t *testing.T) {
	text := "\ufeffservices: {a: {build: {context: x}}}"
	body, diags := parse(text, Options{})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	got := spots(map[string]string{"compose.yaml": text}, found(t, body)["target.a.context"])
	if got[1] != "compose.yaml:1,33 x" {
		t.Errorf("the context is at %q", got[1])
	}
}

const placed = `include: [sub/inc.yaml]
x-common: &common
  args: {SHARED: ü, A: 1}
services:
  base:
    build: {context: b, tags: ["acme/base:1"]}
  web:
    extends: base
    image: acme/web
    build:
      <<: *common
      target: 'prod'
      tags:
        - "acme/web:$V"
      labels: [a=b]
`

const overridden = `services:
  web:
    build:
      args:
        A: two
      tags: [three]
`

const included = `services:
  db:
    build: {context: ctx, extra_hosts: ["h:1.2.3.4"]}
`

// Every value is where it is written, whatever way it came.
func TestPlaces(t *testing.T) {
	text := map[string]string{"compose.yaml": placed, "o.yaml": overridden, "sub/inc.yaml": included}
	body, diags := Parse([]File{{"compose.yaml", []byte(placed)}, {"o.yaml", []byte(overridden)}},
		Options{FS: mapFS(text), Env: map[string]string{"V": "1"}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	attrs := found(t, body)
	want := map[string][]string{
		"target.web.context": {"compose.yaml:6,13 context", "compose.yaml:6,22 b"},
		"target.web.target":  {"compose.yaml:12,7 target", "compose.yaml:12,15 'prod'"},
		"target.web.args": {"o.yaml:4,7 args", "o.yaml:5,9 A: two",
			"o.yaml:5,9 A = o.yaml:5,12 two", "compose.yaml:3,10 SHARED = compose.yaml:3,18 ü"},
		"target.web.tags": {"o.yaml:6,7 tags", "o.yaml:6,13 [three]",
			`compose.yaml:6,32 "acme/base:1"`, `compose.yaml:14,11 "acme/web:$V"`, "o.yaml:6,14 three"},
		"target.web.labels":     {"compose.yaml:15,7 labels", "compose.yaml:15,15 [a=b]", "compose.yaml:15,16 a=b = compose.yaml:15,16 a=b"},
		"target.db.context":     {"sub/inc.yaml:3,13 context", "sub/inc.yaml:3,22 ctx"},
		"target.db.extra-hosts": {"sub/inc.yaml:3,27 extra_hosts", "sub/inc.yaml:3,40 [\"h:1.2.3.4\"]}", `sub/inc.yaml:3,41 "h:1.2.3.4" = sub/inc.yaml:3,41 "h:1.2.3.4"`},
	}
	for name, places := range want {
		if attrs[name] == nil {
			t.Errorf("no %s", name)
			continue
		}
		if got := spots(text, attrs[name]); !slices.Equal(got, places) {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(places, "\n"))
		}
	}
	if got := valueOfExpr(t, attrs["group.default.targets"].Expr); got != `["base","web","db"]` {
		t.Errorf("group default is %s", got)
	}
}

func TestDollarsAreLiteral(t *testing.T) {
	body, diags := parse("services: {a: {build: {context: ., args: {V: '$${X} %{if true}'}}}}", Options{})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	a := found(t, body)["target.a.args"]
	if got := valueOfExpr(t, a.Expr); got != `{"V":"${X} %{if true}"}` || len(a.Expr.Variables()) != 0 {
		t.Errorf("got %s", got)
	}
}

func TestProfiles(t *testing.T) {
	const text = `services:
  always: {build: .}
  dev: {build: ., profiles: [dev, test]}
  prod: {build: {context: ., additional_contexts: {d: "service:dev"}}, profiles: [prod]}
`
	for _, c := range []struct {
		profiles []string
		env      string
		want     string
	}{
		{nil, "", `["always","dev","prod"]`},
		{[]string{}, "", `["always","dev","prod"]`},
		{[]string{"*"}, "", `["always","dev","prod"]`},
		{[]string{"test"}, "", `["always","dev"]`},
		{[]string{"none"}, "", `["always"]`},
		{[]string{"prod", "dev"}, "", `["always","dev","prod"]`},
		{nil, "prod,other", `["always","prod"]`},
		{[]string{"dev"}, "prod", `["always","dev"]`},
	} {
		body, diags := parse(text, Options{Profiles: c.profiles, Env: map[string]string{"COMPOSE_PROFILES": c.env}})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		attrs := found(t, body)
		if got := valueOfExpr(t, attrs["group.default.targets"].Expr); got != c.want {
			t.Errorf("%v %q: group default is %s, want %s", c.profiles, c.env, got, c.want)
		}
		if attrs["target.dev.context"] == nil || attrs["target.prod.contexts"] == nil {
			t.Errorf("%v: a service of an inactive profile is no target any more", c.profiles)
		}
	}
}

func TestEnvironmentOrder(t *testing.T) {
	files := mapFS(map[string]string{
		".env": "A=dot\nB=dot\nC=dot\nD=$B\n", "one.env": "A=one\nE=one\n", "two.env": "E=two$A\n",
	})
	const text = "services: {a: {build: {context: ., args: {A: $A, B: $B, C: $C, D: $D, E: $E}}}}"
	opt := Options{FS: files, Env: map[string]string{"B": "env", "C": "env"}, Vars: map[string]string{"C": "var"}}
	body, diags := parse(text, opt)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if got := valueOfExpr(t, found(t, body)["target.a.args"].Expr); got != `{"A":"dot","B":"env","C":"var","D":"env","E":""}` {
		t.Errorf("got %s", got)
	}
	opt.EnvFiles = []string{"one.env", "two.env"}
	body, _ = parse(text, opt)
	if got := valueOfExpr(t, found(t, body)["target.a.args"].Expr); got != `{"A":"one","B":"env","C":"var","D":"","E":"twoone"}` {
		t.Errorf("got %s", got)
	}
	opt.EnvFiles = []string{"none.env"}
	if _, diags := parse(text, opt); !diags.HasErrors() {
		t.Error("a named env file that is missing is no error")
	}
}

func TestIgnored(t *testing.T) {
	var told []string
	opt := Options{Ignored: func(rng hcl.Range, text string) {
		told = append(told, fmt.Sprintf("%d,%d %s", rng.Start.Line, rng.Start.Column, text))
	}}
	parse("services:\n  a:\n    build:\n      context: .\n      isolation: hyperv\n      secrets: [{source: s, uid: '1'}]\nsecrets: {s: {file: f}}\n", opt)
	want := []string{
		"5,7 isolation of service a: BuildKit builds Linux images in one way",
		"6,29 uid of a build secret of service a: RUN --mount says where a secret appears",
	}
	if !slices.Equal(told, want) {
		t.Errorf("told %q", told)
	}
}

// TestSizesWithoutEffect warns of sizes that are none, and of no others.
func TestSizesWithoutEffect(t *testing.T) {
	for size, want := range map[string]string{
		"-1": "this is the number -1,", "-0x10": "this is the number -16,", "-1e3": "this is the number -1000,",
		"0": "", "-0": "", "-0.0": "", "1": "", "1e3": "", "1m": "",
	} {
		body, diags := parse("services:\n  a: {build: {context: ., shm_size: "+size+"}}\n", Options{})
		if want == "" {
			if len(diags) > 0 {
				t.Errorf("%s: %v", size, diags)
			}
			continue
		}
		if len(diags) != 1 || diags[0].Severity != hcl.DiagWarning || !strings.Contains(diags[0].Detail, want) || diags[0].Subject.Start.Column != 37 {
			t.Errorf("%s: got %v, want a warning with %s", size, diags, want)
		}
		if found(t, body)["target.a.shm-size"] != nil {
			t.Errorf("%s: there is a size", size)
		}
	}
}

func TestIsCompose(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       bool
	}{
		{"compose.yaml", "", true}, {"X.YML", "not: compose", true}, {"a.json", `{"services": {}}`, false}, {"a.hcl", "services: {}", false},
		{"Bakefile", "services:\n  a: {build: .}\n", true}, {"-", `{"services": {"a": {"build": "."}}}`, true},
		{"Bakefile", `target "a" {}`, false}, {"Bakefile", `{"target": {"a": {}}}`, false}, {"Bakefile", "a = 1\n", false},
		{"Bakefile", "", false}, {"Bakefile", "services: []\n", false}, {"Bakefile", "services: [\n", false},
	} {
		got, err := IsCompose(c.name, []byte(c.text))
		if got != c.want {
			t.Errorf("%s %q: %v", c.name, c.text, got)
		}
		if explain := !got && c.name == "Bakefile"; explain != (err != nil) {
			t.Errorf("%s %q: error %v", c.name, c.text, err)
		}
	}
}

// The names known here are those of the schema of compose-go.
func TestKnownNames(t *testing.T) {
	of := map[string]map[string]bool{"": {}, "services.*.": {}, "services.*.build.": {}, "services.*.build.secrets.[].": {}}
	for _, path := range schema.AttributePaths() {
		for prefix, names := range of {
			if rest, ok := strings.CutPrefix(string(path), prefix); ok && !strings.ContainsAny(rest, ".*[") {
				names[rest] = true
			}
		}
	}
	for prefix, known := range map[string]map[string]bool{
		"": topKeys, "services.*.": serviceKeys, "services.*.build.": buildKeys, "services.*.build.secrets.[].": secretMountKeys,
	} {
		if !maps.Equal(of[prefix], known) {
			t.Errorf("%q:\nhere   %v\nschema %v", prefix, sortedKeys(known), sortedKeys(of[prefix]))
		}
	}
}

// Two services of one target are told about, and both are there.
func TestSameTarget(t *testing.T) {
	body, diags := parse("services: {a.b: {build: x}, a_b: {build: y}}", Options{})
	if len(diags) != 1 || diags[0].Severity != hcl.DiagWarning || diags[0].Subject.Start.Column != 29 {
		t.Errorf("diagnostics: %v", diags)
	}
	if got := valueOfExpr(t, found(t, body)["group.default.targets"].Expr); got != `["a_b"]` {
		t.Errorf("group default is %s", got)
	}
}

// Files that include two files that each include two files ... are read once.
func TestIncludeFan(t *testing.T) {
	files := map[string]string{}
	for i := range 60 {
		files[fmt.Sprintf("%d.yaml", i)] = fmt.Sprintf("include: [%d.yaml, ./%d.yaml]\nservices: {s%d: {build: .}}\n", i+1, i+1, i)
	}
	files["60.yaml"] = "services: {last: {build: {context: ., tags: [t]}}}\n"
	body, diags := Parse([]File{{"0.yaml", []byte(files["0.yaml"])}}, Options{FS: mapFS(files)})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	attrs := found(t, body)
	if got := valueOfExpr(t, attrs["target.last.tags"].Expr); got != `["t"]` {
		t.Errorf("tags are %s", got)
	}
}
