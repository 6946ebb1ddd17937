package bake

import (
	"strings"
	"testing"
)

// TestGuessedLanguage tells what a file is read as whose name says nothing, by
// the first diagnostic that there is about it.
func TestGuessedLanguage(t *testing.T) {
	for text, want := range map[string]string{
		"services:\n  a:\n    b: c\n   d: e\n":                 asCompose,
		"# bake\n---\nservices:\n\ta: b\n":                     asCompose,
		"\"services\":\n  a: [\n":                              asCompose,
		"x-a: &a\n  b: c\nservices: *b\n":                      asCompose,
		"- a: b\n  c\n":                                        asCompose,
		byteOrderMark + "services:\n  a:\n    b: c\n   d: e\n": asCompose,
		"services:\r\n  a:\r\n    b: c\r\n   d: e\r\n":         asCompose,
		"{\"services\": {\"a\": [}}":                           asJSON,
		"\n  {\n \"target\": {\n":                              asJSON,
		byteOrderMark + "{\n \"target\": {\n":                  "",
		"[{]":                                                  asJSON,
		"target \"a\" {\n  args = {\n":                         asHCL,
		"target \"a\" {\nargs: {\nb: \"c\"\n}\n}\n":            asHCL,
		"tag: \"1\"\nV = \"1\"\ntarget \"a\" {\n}\n":           asHCL,
		"target a \n":                                          asHCL,
		"a = <<E\nservices:\nimage:\nname:\nE\nb = [\n":        asCompose, // a guess can be wrong, and says so
		"http://127.0.0.1/a\n":                                 asHCL,
		"\x00\x01":                                             asHCL,
	} {
		_, diags := Parse([]File{{Name: "-", Data: []byte(text)}}, nil)
		said := ""
		for _, d := range diags {
			said += d.Detail + "\n"
		}
		if want == "" && !strings.Contains(said, "byte order mark") || !strings.Contains(said, "was read as "+want) && want != "" {
			t.Errorf("%q was not read as %s: %s", text, want, said)
		}
	}
}

// TestLanguageOfWhatIsRight reads what is right in a language, whatever it looks
// like, without a word.
func TestLanguageOfWhatIsRight(t *testing.T) {
	for _, text := range []string{
		"# services:\n# a:\ntarget \"a\" {}\n",
		"a = <<E\nservices:\nimage:\nname:\nE\n",
		"services:\n  a:\n    build: .\n",
		"{\"services\": {\"a\": {\"build\": \".\"}}}",
		"\n {\"target\": {\"a\": {}}}",
		byteOrderMark + "target \"a\" {}\n",
		"a = {\nservices: \"a\"\nimage: \"b\"\nname: \"c\"\n}\n",
	} {
		if _, diags := Parse([]File{{Name: "-", Data: []byte(text)}}, nil); len(diags) > 0 {
			t.Errorf("%q: %s", text, diags)
		}
	}
}

// TestUTF16 has one diagnostic for a file in UTF-16, not one for each character.
func TestUTF16(t *testing.T) {
	for _, name := range []string{"-", "a.hcl", "a.json", "a.txt"} {
		for _, mark := range []string{"\xff\xfe", "\xfe\xff"} {
			_, diags := Parse([]File{{Name: name, Data: []byte(mark + "t\x00a\x00r\x00g\x00e\x00t\x00")}}, nil)
			if len(diags) != 1 || diags[0].Summary != "Not UTF-8" || strings.Contains(diags[0].Detail, "read as") {
				t.Errorf("%s: %s", name, diags)
			}
		}
	}
}
