package bake

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rowCase says what an attribute comes to when two blocks set it, and when
// overrides then change it. Values are HCL, results JSON; "" is not set.
type rowCase struct {
	first, second, merged string
	set                   []string
	after                 string
}

var rowCases = map[string]rowCase{
	"description":       {`"one"`, `""`, `"one"`, nil, ""},
	"inherits":          {`["base"]`, `["other"]`, "", nil, ""},
	"annotations":       {`["a=1"]`, `["a=1", "b=2"]`, `["a=1","b=2"]`, []string{"annotations=c=3"}, `["a=1","b=2","c=3"]`},
	"attest":            {`["type=sbom"]`, `[{type="provenance", mode="max"}, "type=sbom,disabled=true"]`, `[{"disabled":true,"type":"sbom"},{"mode":"max","type":"provenance"}]`, []string{"attest=type=sbom"}, `[{"type":"sbom"},{"mode":"max","type":"provenance"}]`},
	"context":           {`"one"`, `"./two/"`, `"two"`, []string{"context=three"}, `"three"`},
	"contexts":          {`{a="x", b="y"}`, `{b="", c="z"}`, `{"a":"x","c":"z"}`, []string{"contexts.a=", "contexts.d.e=v"}, `{"c":"z","d.e":"v"}`},
	"dockerfile":        {`"one"`, `"two"`, `"two"`, []string{"dockerfile=three"}, `"three"`},
	"dockerfile-inline": {`"FROM a"`, `"FROM b"`, `"FROM b"`, nil, ""},
	"args":              {`{A=1, B="x"}`, `{B=null, C=true}`, `{"A":"1","B":"x","C":"true"}`, []string{"args.A=9", "args.X.Y=z"}, `{"A":"9","B":"x","C":"true","X.Y":"z"}`},
	"labels":            {`{a="1"}`, `{a="2", b="3"}`, `{"a":"2","b":"3"}`, []string{"labels.a.b=c"}, `{"a":"2","a.b":"c","b":"3"}`},
	"tags":              {`["one"]`, `["two", "", "two"]`, `["two"]`, []string{"tags+=three"}, `["two","three"]`},
	"cache-from":        {`["a,b"]`, `["b", "type=local,src=c"]`, `[{"ref":"a","type":"registry"},{"ref":"b","type":"registry"},{"src":"c","type":"local"}]`, []string{"cache-from=d"}, `[{"ref":"d","type":"registry"}]`},
	"cache-to":          {`["a"]`, `["type=inline"]`, `[{"type":"inline"}]`, []string{"cache-to="}, ""},
	"target":            {`"one"`, `"two"`, `"two"`, []string{"target=three"}, `"three"`},
	"secret":            {`["id=a,env=A", "id=b"]`, `[{id="a", src="f"}]`, `[{"id":"a","src":"f"},{"id":"b"}]`, []string{"secrets+=id=c", "secret.b=env=B"}, `[{"id":"a","src":"f"},{"id":"b","env":"B"},{"id":"c"}]`},
	"ssh":               {`["default"]`, `["key=a,b", {id="default", paths=["c"]}]`, `[{"id":"default","paths":["c"]},{"id":"key","paths":["a","b"]}]`, []string{"ssh=x"}, `[{"id":"x"}]`},
	"platforms":         {`["linux/amd64"]`, `["linux/arm64"]`, `["linux/arm64"]`, []string{"platform=linux/386", "platform+=local"}, `["linux/386","local"]`},
	"output":            {`["out"]`, `["type=oci,dest=a.tar"]`, `[{"dest":"a.tar","type":"oci"}]`, []string{"output=type=image", "push=true"}, `[{"push":"true","type":"image"}]`},
	"pull":              {`true`, `false`, `false`, []string{"pull=true"}, `true`},
	"no-cache":          {`"true"`, `null`, `true`, []string{"no-cache=false"}, `false`},
	"network":           {`"none"`, `"default"`, `"default"`, []string{"network=none"}, `"none"`},
	"no-cache-filter":   {`["a"]`, `["a", "b"]`, `["a","b"]`, []string{"no-cache-filter+=c"}, `["a","b","c"]`},
	"shm-size":          {`"1m"`, `"2m"`, `"2m"`, []string{"shm-size=3m"}, `"3m"`},
	"ulimits":           {`["nofile=1"]`, `["core=0"]`, `["nofile=1","core=0"]`, []string{"ulimits=nproc=2"}, `["nproc=2"]`},
	"resources":         {`{memory="1g", cpu-shares=2}`, `{cpu-shares=3}`, `{"memory":"1g","cpu-shares":3}`, []string{"resources.cpuset-cpus=0-1", "resources.cpu-quota=5"}, `{"memory":"1g","cpu-shares":3,"cpu-quota":5,"cpuset-cpus":"0-1"}`},
	"call":              {`"check"`, `"outline"`, `"outline"`, []string{"call=targets"}, `"targets"`},
	"entitlements":      {`["security.insecure"]`, `["network.host"]`, `["security.insecure","network.host"]`, []string{"entitlements=device"}, `["security.insecure","network.host","device"]`},
	"extra-hosts":       {`{a="1.1.1.1"}`, `{b="2.2.2.2"}`, `{"a":"1.1.1.1","b":"2.2.2.2"}`, []string{"extra-hosts.c=3.3.3.3"}, `{"a":"1.1.1.1","b":"2.2.2.2","c":"3.3.3.3"}`},
	"policy":            {`["filename=a.rego"]`, `[{filename="a.rego", strict=true}]`, `[{"filename":"a.rego"},{"filename":"a.rego","strict":true}]`, []string{"policy=reset=true"}, `[{"reset":true}]`},
}

// TestTable proves every row's merge rule and --set form, by two blocks of one
// target and, the other way to the same rule, by inheritance.
func TestTable(t *testing.T) {
	for i := range table {
		row := &table[i]
		t.Run(row.name, func(t *testing.T) {
			c, ok := rowCases[row.name]
			if !ok {
				t.Fatal("this row of the table has no case")
			}
			if (c.set == nil) != (row.set == setNone) {
				t.Fatal("the case does not try what --set can do")
			}
			blocks := fmt.Sprintf("target \"app\" {\n%[1]s = %[2]s\n}\ntarget \"app\" {\n%[1]s = %[3]s\n}\n", row.name, c.first, c.second)
			heirs := fmt.Sprintf("target \"_app\" {\n%[1]s = %[2]s\n}\ntarget \"app\" {\ninherits = [\"_app\"]\n%[1]s = %[3]s\n}\n", row.name, c.first, c.second)
			bases := "target \"base\" {}\ntarget \"other\" {}\n"
			expect(t, i, blocks+bases, nil, c.merged)
			if row.name != "inherits" {
				expect(t, i, heirs+bases, nil, c.merged)
			}
			if c.set != nil {
				expect(t, i, blocks+bases, c.set, c.after)
			}
		})
	}
}

func expect(t *testing.T, i int, text string, set []string, want string) {
	t.Helper()
	if diff := cmp.Diff(want, planned(t, i, text, set)); diff != "" {
		t.Errorf("with %q (-want +got):\n%s\n%s", set, diff, text)
	}
}

// planned is what an attribute of the target "app" comes to, as JSON. An
// override is for that target unless it names another one.
func planned(t *testing.T, i int, text string, set []string) string {
	t.Helper()
	set = slices.Clone(set)
	for j, s := range set {
		if key := s[:strings.IndexAny(s, ".+=")]; setRow(key) != nil || slices.Contains(pseudo, key) {
			set[j] = "app." + s
		}
	}
	plan, diags := planSet(t, text, set...)
	if plan == nil {
		t.Fatal(diags)
	}
	v := plan.Target("app").jsonValue(i)
	if v == nil {
		return ""
	}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
