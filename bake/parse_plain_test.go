package bake

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// plainTexts are blocks that need no hclsyntax.
var plainTexts = []string{
	"target \"a\" {}\n",
	"target \"a\" {\n}",
	"target \"a-b_1\" { context = \".\" } # why\n",
	"  target\t\"a\"{\n\tcontext=\"\"\n}\n",
	"\n\n# no\n// one: größe\ntarget \"a\" { # is\n\n  context = \".\" // here\n  # now\n}\n# at all\n",
	"group \"default\" { targets = [\"a\", \"b\",] }\n",
	"group \"g\" {\n  targets = [ # of all\n    \"a\",\n\n    b.c, # one\n    d\n  ]\n}\n",
	"target \"a\" {\n  tags = [\"r/${NAME}:${TAG}-x\", \"${ TAG }\", \"a${b.c.d}\", \"\", []]\n}\n",
	"target \"a\" {\n  args = { A = \"1\", B: 2, \"C ${D}\" = null, e = true, f(x) = false\n g = { h = [{}, {\n}] } }\n  labels = {}\n}\n",
	"target \"a\" {\n  args = {\n    # first\n    A = \"1\",\n    B = \"2\" # second\n\n    C = \"3\", # third\n  }\n}\n",
	"variable \"N\" {\n  default = 12345678901234567890\n}\nvariable \"B\" { default = true }\n",
	"target \"a\" {\n  tags = tag(\"a\", f(), [g(1,)],\n    h)\n  t = \"${tag(\"x\", \"y${z}\")}\"\n}\n",
	"variable \"L\" {\n  type = list(string)\n  default = null\n}\n",
	"any \"\" {\n  if = true-ish\n  a- = b-\n}\n",
	"target \"a\" {\n  x = \"[]{}#//'`;&|^~!@\"\n}\n",
}

// otherTexts are blocks that hclsyntax has to read, or complain about.
var otherTexts = []string{
	"A = 1\n", "target {\n}\n", "target a {\n}\n", "target \"a\" \"b\" {\n}\n", "target \"${a}\" {\n}\n", "target \"a\"\n{\n}\n",
	"target \"a\" {\n} target \"b\" {\n}\n", "target \"a\" {\n  a = 1\n  a = 2\n}\n", "target \"a\" { a = 1, b = 2 }\n", "target \"a\" { a = 1\n}\n",
	"target \"a\" {\n  b {\n  }\n}\n", "target \"a\" {\n  a = 1", "target \"a\" {\n  a = 1\n", "target \"a\" {\n  a == 1\n}\n", "target \"a\" {\n  a => 1\n}\n",
	"target \"a\" {\n  a =\n 1\n}\n", "target \"a\" {\n  a = 1 b = 2\n}\n", "target \"a\" {\n  a = 1.5\n}\n", "target \"a\" {\n  a = 1e5\n}\n", "target \"a\" {\n  a = -1\n}\n",
	"target \"a\" {\n  a = b + c\n}\n", "target \"a\" {\n  a = b ? c : d\n}\n", "target \"a\" {\n  a = b[0]\n}\n", "target \"a\" {\n  a = b.0\n}\n", "target \"a\" {\n  a = b.*.c\n}\n",
	"target \"a\" {\n  a = (b)\n}\n", "target \"a\" {\n  a = f (b)\n}\n", "target \"a\" {\n  a = f(b...)\n}\n", "target \"a\" {\n  a = f::g(b)\n}\n", "target \"a\" {\n  a = f(b).c\n}\n",
	"target \"a\" {\n  a = [for x in y : x]\n}\n", "target \"a\" {\n  a = { for x in y : x => x }\n}\n", "target \"a\" {\n  a = [b c]\n}\n", "target \"a\" {\n  a = [,]\n}\n",
	"target \"a\" {\n  a = { b = 1 c = 2 }\n}\n", "target \"a\" {\n  a = { b }\n}\n", "target \"a\" {\n  a = { b =\n 1 }\n}\n", "target \"a\" {\n  a = { b :: c }\n}\n",
	"target \"a\" {\n  a = \"\\n\"\n}\n", "target \"a\" {\n  a = \"$${b}\"\n}\n", "target \"a\" {\n  a = \"%{ if b }c%{ endif }\"\n}\n", "target \"a\" {\n  a = \"${~ b }\"\n}\n",
	"target \"a\" {\n  a = \"$b\"\n}\n", "target \"a\" {\n  a = \"ö\"\n}\n", "target \"a\" {\n  ä = 1\n}\n", "target \"a\" {\n  a = \"\n\"\n}\n", "target \"a\" {\n  a = <<E\nx\nE\n}\n",
	"target \"a\" {\r\n}\r\n", "target \"a\" {\n  a = true.b\n}\n", "target \"a\" {\n  a = 'b'\n}\n", "target \"a\" /* b */ {\n}\n", "target \"a\" {\n  a = \"\x00\"\n}\n", "\xef\xbb\xbftarget \"a\" {\n}\n",
	"target \"a\" {\n  a = " + strings.Repeat("[", 60) + strings.Repeat("]", 60) + "\n}\n",
	"target \"a\" {\n  a = " + strings.Repeat("\"${", 60) + "b" + strings.Repeat("}\"", 60) + "\n}\n",
}

// checkPlain reads the plain blocks at the start of a text and returns how long
// they are. They must be to hclsyntax what they are to plain.
func checkPlain(t *testing.T, text string) int {
	t.Helper()
	p := &plain{name: "docker-bake.hcl", text: text, line: 1}
	got := &hclsyntax.Body{Attributes: hclsyntax.Attributes{}, Blocks: hclsyntax.Blocks{}}
	p.blocks(got)
	if p.at == 0 {
		return 0
	}
	want, diags := hclsyntax.ParseConfig([]byte(text[:p.at]), p.name, hcl.InitialPos)
	if len(diags) > 0 {
		t.Fatalf("%q is no definition: %s", text[:p.at], diags)
	}
	if !reflect.DeepEqual(got, want.Body) {
		t.Fatalf("%q is read as something else", text[:p.at])
	}
	return p.at
}

func TestPlain(t *testing.T) {
	for _, text := range plainTexts {
		if n := checkPlain(t, text); n != len(text) {
			t.Errorf("only %d bytes of %q are plain", n, text)
		}
	}
	for _, text := range otherTexts {
		if n := checkPlain(t, text); n != 0 {
			t.Errorf("%d bytes of %q are plain", n, text)
		}
	}
	if n := checkPlain(t, strings.Join(plainTexts[2:], "")); n == 0 {
		t.Error("they are not plain together")
	}
}

// TestPlainChanged reads plain text with random changes.
func TestPlainChanged(t *testing.T) {
	tokens := strings.Split("\"|\"|{|}|[|]|(|)|${|}|\n|\n| |,|=|:|::|=>|==|.|...|#|//|/*|*/|a|a-|1|1.|e5|for|if|true|null|-|+|?|!|%{|$${|\\|\t|\r\n|ö|<<E\nE\n|\x00|\xff", "|")
	random := rand.New(rand.NewPCG(1, 2))
	read := 0
	for range 50_000 {
		text := plainTexts[random.IntN(len(plainTexts))]
		for range 1 + random.IntN(2) {
			from := random.IntN(len(text) + 1)
			to := min(from+random.IntN(3), len(text))
			text = text[:from] + tokens[random.IntN(len(tokens))] + text[to:]
		}
		if checkPlain(t, text) > 0 {
			read++
		}
	}
	if read < 5_000 {
		t.Errorf("only %d were plain", read)
	}
}

// TestPlainCorpus reads real definitions, from each of their lines on.
func TestPlainCorpus(t *testing.T) {
	root, cases := corpus(t)
	files, plainBytes, bytes := map[string]bool{}, 0, 0
	for _, c := range cases {
		for _, name := range c.Files {
			data, err := os.ReadFile(filepath.Join(root, c.Dir, c.Cwd, name))
			if err != nil || !strings.HasSuffix(name, ".hcl") || files[string(data)] {
				continue
			}
			files[string(data)] = true
			bytes += len(data)
			for text := string(data); text != ""; {
				n := checkPlain(t, text)
				if plainBytes += n; n == 0 {
					n = strings.IndexByte(text, '\n') + 1
				}
				if n == 0 {
					break
				}
				text = text[n:]
			}
		}
	}
	t.Logf("%d of %d bytes in %d files are plain", plainBytes, bytes, len(files))
	if len(files) < 100 || plainBytes < bytes/4 {
		t.Error("that is too little")
	}
}

func FuzzPlain(f *testing.F) {
	seeds(f, func(_ string, data []byte) { f.Add(string(data)) })
	for _, text := range append(append([]string{}, plainTexts...), otherTexts...) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { checkPlain(t, text) })
}
