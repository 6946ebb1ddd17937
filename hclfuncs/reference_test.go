package hclfuncs

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
)

// REFERENCE.md is written from the table. BAKE_UPDATE=1 rewrites it.
func TestReferenceIsUpToDate(t *testing.T) {
	const file = "REFERENCE.md"
	want := reference()
	if os.Getenv("BAKE_UPDATE") == "1" {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s does not match the table; run: BAKE_UPDATE=1 go test ./hclfuncs", file)
	}
}

func reference() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Functions\n\n"+
		"The %d functions that expressions in a build definition may call. This page is written from the table in this\n"+
		"directory, and every example is executed by its tests; change the table, not the page.\n\n"+
		"In a signature, `list`, `set` and `map` take elements of any type, `any` takes every value, and `...` means any\n"+
		"number of arguments. `null` is refused unless a parameter is marked with `?`. A function marked *volatile* may give\n"+
		"another result in the next run or on another machine.\n", len(All()))
	for _, category := range Categories() {
		fmt.Fprintf(&b, "\n## %s\n", category)
		for _, f := range All() {
			if f.Category == category {
				writeFunction(&b, f)
			}
		}
	}
	return b.Bytes()
}

func writeFunction(b *bytes.Buffer, f Function) {
	volatile := ""
	if f.Volatile {
		volatile = " · *volatile*"
	}
	fmt.Fprintf(b, "\n### %s\n\n`%s`%s\n\n%s\n\n```hcl\n", f.Name, f.Signature(), volatile, wrap(f.Doc, 118))
	for _, e := range f.Examples {
		fmt.Fprintf(b, "%s\n# → %s\n", e.Expr, e.Result)
	}
	b.WriteString("```\n")
}

func wrap(text string, width int) string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return strings.Join(append(lines, line), "\n")
}
