package hclfuncs

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

func TestEveryFunctionIsDocumented(t *testing.T) {
	var last string
	for _, f := range All() {
		if f.Name <= last {
			t.Errorf("%s comes after %s", f.Name, last)
		}
		last = f.Name
		if !slices.Contains(Categories(), f.Category) {
			t.Errorf("%s: unknown category %q", f.Name, f.Category)
		}
		if len(f.Doc) < 15 || strings.Contains(f.Doc, "\n") || !strings.HasSuffix(f.Doc, ".") {
			t.Errorf("%s: the doc must be one paragraph of whole sentences: %q", f.Name, f.Doc)
		}
		if strings.Count(f.Doc, "`")%2 != 0 {
			t.Errorf("%s: unbalanced backquotes in %q", f.Name, f.Doc)
		}
		if len(f.Examples) == 0 {
			t.Errorf("%s: no example", f.Name)
		}
		for _, p := range f.Func.Params() {
			if p.Name == "" {
				t.Errorf("%s: a parameter has no name", f.Name)
			}
		}
		for _, e := range f.Examples {
			if !strings.Contains(e.Expr, f.Name+"(") {
				t.Errorf("%s: the example %s does not call it", f.Name, e.Expr)
			}
		}
	}
}

func TestExamples(t *testing.T) {
	ctx := &hcl.EvalContext{Functions: Map(), Variables: exampleVariables(t)}
	for _, f := range All() {
		for _, e := range f.Examples {
			got := evaluate(t, ctx, e.Expr)
			if render(got) != e.Result {
				t.Errorf("%s: %s\n got %s\nwant %s", f.Name, e.Expr, render(got), e.Result)
			}
			if written := render(evaluate(t, ctx, e.Result)); written != e.Result {
				t.Errorf("%s: the result %s is not in canonical form: %s", f.Name, e.Result, written)
			}
		}
	}
}

func evaluate(t *testing.T, ctx *hcl.EvalContext, text string) cty.Value {
	t.Helper()
	expr, diags := hclsyntax.ParseExpression([]byte(text), "example", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%s: %v", text, diags)
	}
	v, diags := expr.Value(ctx)
	if diags.HasErrors() {
		t.Fatalf("%s: %v", text, diags)
	}
	return v
}

// exampleVariables holds what examples read besides literals: a ciphertext and
// the key to it.
func exampleVariables(t *testing.T) map[string]cty.Value {
	t.Helper()
	ciphertext, key := encrypt(t, "hello")
	return map[string]cty.Value{
		"CIPHERTEXT":  cty.StringVal(ciphertext),
		"PRIVATE_KEY": cty.StringVal(key),
	}
}

func encrypt(t *testing.T, text string) (ciphertext, privateKey string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	//lint:ignore SA1019 this is what rsadecrypt decrypts
	data, err := rsa.EncryptPKCS1v15(rand.Reader, &key.PublicKey, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	return base64.StdEncoding.EncodeToString(data), string(pem.EncodeToMemory(block))
}

func TestLookup(t *testing.T) {
	f, ok := Lookup("substr")
	if !ok || f.Name != "substr" {
		t.Errorf("Lookup(substr) = %q, %v", f.Name, ok)
	}
	for _, name := range []string{"", "Substr", "substring", "zzz"} {
		if f, ok := Lookup(name); ok {
			t.Errorf("Lookup(%q) found %q", name, f.Name)
		}
	}
}

func TestMapIsTheCallersOwn(t *testing.T) {
	m := Map()
	clear(m)
	if len(Map()) != len(All()) {
		t.Errorf("emptying one map left %d of %d functions in the next", len(Map()), len(All()))
	}
}

func TestSignature(t *testing.T) {
	for name, want := range map[string]string{
		"join":      "join(separator: string, lists: list of string...)",
		"timestamp": "timestamp()",
		"convert":   "convert(value: any?, type: type)",
		"try":       "try(expressions: expression...)",
		"setunion":  "setunion(first_set: set, other_sets: set...)",
		"byteslen":  "byteslen(buf: bytes)",
	} {
		f, _ := Lookup(name)
		if got := f.Signature(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
