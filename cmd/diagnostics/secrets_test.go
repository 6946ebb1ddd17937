package diagnostics

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

func TestSaysSecret(t *testing.T) {
	for _, name := range []string{
		"TOKEN", "GITHUB_TOKEN", "npmToken", "DB_PASSWORD", "password", "SECRET", "AWS_SECRET_ACCESS_KEY", "KEY", "API_KEY", "apikey",
		"SIGNING_KEY2", "REGISTRY_CREDENTIALS", "DOCKER_AUTH_CONFIG", "my-secret", "PASSPHRASE",
	} {
		if !saysSecret(name) {
			t.Errorf("%s is taken for harmless", name)
		}
	}
	for _, name := range []string{"TAG", "MONKEY", "KEYBOARD", "TOKENIZER", "VERSION", "SSH_AUTH_SOCK", "AUTHOR", "PASSENGER", "", "_"} {
		if saysSecret(name) {
			t.Errorf("%s is taken for a secret", name)
		}
	}
}

// No diagnostic of an expression tells a secret, neither as the value of a variable
// nor as a part of another value or of a sentence.
func TestSecretsAreNotTold(t *testing.T) {
	const secret = "hunter2-hunter2"
	vars := map[string]cty.Value{
		"NPM_TOKEN": cty.StringVal(secret),
		"LOGIN":     cty.StringVal(secret + "\""),
		"HEADER":    cty.StringVal("Basic " + secret),
		"LONG":      cty.StringVal(strings.Repeat("x", maxValueText-5) + secret),
		"LIST":      cty.ListVal([]cty.Value{cty.StringVal("a"), cty.StringVal(secret)}),
		"ORIGIN":    cty.StringVal("https://me:s3cr3t@example.com/x"),
		"SHORT_KEY": cty.StringVal("abc"),
		"TAG":       cty.StringVal("dev"),
		"o":         cty.ObjectVal(map[string]cty.Value{"password": cty.StringVal("abcdef"), "user": cty.StringVal("me")}),
	}
	s := NewSecrets(map[string]string{"NPM_TOKEN": secret, "SHORT_KEY": "abc"}, map[string]string{"LOGIN": secret + "\""})
	s.Name([]string{"LOGIN", "not_there"})
	for name, want := range map[string]string{
		"NPM_TOKEN": "not shown", "LOGIN": "not shown", "HEADER": `"Basic xxxxx"`, "LIST": `["a", "xxxxx"]`, "SHORT_KEY": "not shown",
		"TAG": `"dev"`, "o.password": "not shown", `o["password"]`: "not shown", "o.user": `"me"`, "LONG": "xxx",
		"ORIGIN": `"https://me:xxxxx@example.com/x"`,
	} {
		expr, diags := hclsyntax.ParseExpression([]byte(name), "f", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Wrong", Detail: "The value " + secret + " is wrong.",
			Expression: expr, EvalContext: &hcl.EvalContext{Variables: vars}, Subject: expr.Range().Ptr()}
		r := &Reporter{Secrets: s}
		f := r.finding(d)
		if len(f.values) != 1 || !strings.Contains(f.values[0].Value, want) {
			t.Errorf("%s: tells %v, want %s", name, f.values, want)
		}
		for _, text := range []string{f.Detail, f.values[0].Value} {
			if strings.Contains(text, "hunter") || strings.Contains(text, "s3cr3t") {
				t.Errorf("%s: tells %s", name, text)
			}
		}
	}
}

func TestCredentialsInSource(t *testing.T) {
	for name, tt := range map[string]struct{ line, mark, want, marked string }{
		"password":         {`context = "https://me:s3cr3t@example.com/a.git" + x`, "x", `context = "https://me:xxxxx@example.com/a.git" + x`, "x"},
		"token as user":    {`context = "https://s3cr3t@example.com/a.git"`, "context", `context = "https://xxxxx@example.com/a.git"`, "context"},
		"empty password":   {`a = "https://s3cr3t:@example.com"`, "a", `a = "https://xxxxx:@example.com"`, "a"},
		"within":           {`a = "https://me:s3cr3t@example.com"`, "cr3t", `a = "https://me:xxxxx@example.com"`, "xxxxx"},
		"around":           {`a = "https://me:s3cr3t@example.com"`, `"https://me:s3cr3t@example.com"`, `a = "https://me:xxxxx@example.com"`, `"https://me:xxxxx@example.com"`},
		"reference":        {`a = "https://me:${TOKEN}@example.com"`, "TOKEN", `a = "https://me:${TOKEN}@example.com"`, "TOKEN"},
		"partly reference": {`a = "https://me:s3${X}cr3t@example.com"`, "X", `a = "https://me:xxxxx${X}xxxxx@example.com"`, "X"},
		"parameter":        {`a = "https://example.com/a?x=1&access_token=s3cr3t&sig=s3cr3t" + b`, "b", `a = "https://example.com/a?x=1&access_token=xxxxx&sig=xxxxx" + b`, "b"},
		"two":              {`a = ["http://a:s3cr3t@h/", "redis://:s3cr3t@h/"]`, "a", `a = ["http://a:xxxxx@h/", "redis://:xxxxx@h/"]`, "a"},
		"user of ssh":      {`a = "ssh://git@example.com/a.git"`, "a", `a = "ssh://git@example.com/a.git"`, "a"},
		"mail":             {`maintainer = "me@example.com"`, "me", `maintainer = "me@example.com"`, "me"},
		"link":             {`contexts = { a = "docker-image://alpine@sha256:abc" }`, "a", `contexts = { a = "docker-image://alpine@sha256:abc" }`, ""},
		"plain":            {`a = "https://example.com/@x:y@z"`, "a", `a = "https://example.com/@x:y@z"`, "a"},
	} {
		from := strings.Index(tt.line, tt.mark)
		if name == "plain" || name == "parameter" {
			from = strings.LastIndex(tt.line, tt.mark)
		}
		place := hcl.Range{Filename: "f", Start: hcl.Pos{Line: 1, Column: from + 1}, End: hcl.Pos{Line: 1, Column: from + len(tt.mark) + 1}}
		l := newSnippet([]string{tt.line}, place, nil).lines[0]
		if l.text != tt.want {
			t.Errorf("%s: shows %s\nwant %s", name, l.text, tt.want)
		}
		if got := l.text[l.from:l.to]; tt.marked != "" && got != tt.marked {
			t.Errorf("%s: marks %q, want %q", name, got, tt.marked)
		}
	}
}
