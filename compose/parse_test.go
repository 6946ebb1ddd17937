package compose

import (
	"maps"
	"testing"

	"github.com/hashicorp/hcl/v2"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

var blocks = &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
	{Type: "target", LabelNames: []string{"name"}},
	{Type: "group", LabelNames: []string{"name"}},
}}

// values evaluates the blocks of a body: "target.NAME" or "group.default" to
// the value of each attribute as JSON.
func values(t testing.TB, body hcl.Body) map[string]map[string]string {
	t.Helper()
	content, diags := body.Content(blocks)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	out := map[string]map[string]string{}
	for _, b := range content.Blocks {
		attrs, diags := b.Body.JustAttributes()
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		m := map[string]string{}
		for name, a := range attrs {
			m[name] = jsonOf(t, a.Expr)
		}
		name := b.Type + "." + b.Labels[0]
		if out[name] == nil {
			out[name] = map[string]string{}
		}
		maps.Copy(out[name], m)
	}
	return out
}

func jsonOf(t testing.TB, x hcl.Expression) string {
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

func TestSmoke(t *testing.T) {
	body, diags := Parse([]File{{"compose.yaml", []byte(`
services:
  web:
    image: acme/web:${TAG:-dev}
    build:
      context: ./web
      args: { A: 1, B: $B }
      tags: [a, b]
`)}}, Options{})
	for _, d := range diags {
		t.Log(d, d.Subject)
	}
	for k, v := range values(t, body) {
		t.Log(k, v)
	}
}
