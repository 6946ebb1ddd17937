package bake

import (
	"strings"
	"testing"
)

func TestCacheCollisions(t *testing.T) {
	for _, c := range []struct {
		name, a, b string
		env        Env
		want       string // part of the diagnostic, empty for none
	}{
		{"other tags", "type=registry,ref=r/c:a", "type=registry,ref=r/c:b", nil, ""},
		{"one ref", "type=registry,ref=r/c:a", "type=registry,ref=r/c:a,mode=max", nil, "ref=r/c:b."},
		{"a port is no tag", "type=registry,ref=r:5000/c", "type=registry,ref=r:5000/c", nil, "ref=r:5000/c:b."},
		{"inline", "type=inline", "type=inline", nil, ""},
		{"tags of a layout", "type=local,dest=d,tag=a", "type=local,dest=d,tag=b", nil, ""},
		{"one layout", "type=local,dest=d", "type=local,dest=x/../d", nil, "local cache d"},
		{"one layout of the working directory", "type=local,dest=d", "type=local,dest=cwd://d/", nil, "local cache d"},
		{"gha elsewhere", "type=gha", "type=gha", nil, ""},
		{"gha", "type=gha", "type=gha", Env{"ACTIONS_RUNTIME_TOKEN": "x"}, "scope buildkit"},
		{"gha with a token", "type=gha,token=x", "type=gha,token=x", nil, "scope=b."},
		{"scopes", "type=gha,scope=a", "type=gha,scope=b", Env{"ACTIONS_RUNTIME_TOKEN": "x"}, ""},
		{"s3", "type=s3,bucket=k,name=a;main", "type=s3,bucket=k,name=main", nil, "s3 cache main in bucket k"},
		{"buckets", "type=s3,bucket=k", "type=s3,bucket=l", nil, ""},
		{"azblob", "type=azblob,account_url=u", "type=azblob,account_url=u", nil, "azblob cache buildkit in buildkit-cache"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := `target "a" { cache-to = ["` + c.a + "\"] }\n" + `target "b" {` + "\n context = \"b\"\n" + ` cache-to = ["` + c.b + "\"]\n}\n" +
				`target "again" {` + "\n inherits = [\"b\"]\n}\n"
			def, diags := Parse([]File{{Name: "a.hcl", Data: []byte(text)}}, c.env)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			config, diags := def.Evaluate(Scope{Env: c.env})
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			plan, diags := config.Plan(Request{Targets: []string{"a", "b"}, Env: c.env})
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			found := plan.Collisions(c.env)
			if c.want == "" {
				if len(found) > 0 {
					t.Error(found)
				}
				return
			}
			if len(found) != 1 || !strings.Contains(found[0].Detail, c.want) {
				t.Errorf("%v, want one with %q", found, c.want)
			}
			same, _ := config.Plan(Request{Targets: []string{"b", "again"}, Env: c.env})
			if found := same.Collisions(c.env); len(found) > 0 {
				t.Errorf("identical builds collide: %v", found)
			}
		})
	}
}
