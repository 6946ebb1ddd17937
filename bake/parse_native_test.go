package bake

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// TestPieces parses large files in pieces and as a whole, which must not differ
// in anything, ranges included.
func TestPieces(t *testing.T) {
	plain := each(300, func(i int) string {
		return fmt.Sprintf("target \"t%[1]d\" {\n  context = \"svc/%[1]d\"\n  args = { V = \"${TAG}-%[1]d\" }\n}\n\n", i)
	})
	plain += plain
	heredoc := "target \"h\" {\n  dockerfile-inline = <<EOT\n" + strings.Repeat("x {\n}\n", 600) + "EOT\n}\n"
	for _, c := range []struct {
		name, text string
		whole      bool // it cannot be had in pieces
	}{
		{"small", generated[0].text(10), true},
		{"plain", plain, false},
		{"crlf", strings.ReplaceAll(plain, "\n", "\r\n"), false},
		{"attributes", plain + "A = 1\n" + plain + "B = 2\n", false},
		{"ends_without_newline", plain + "A = 1", false},
		{"wide_characters", strings.ReplaceAll(plain, "svc/", "größe/👩‍👩‍👧/"), false},
		{"braces_in_heredoc", plain + heredoc, true},
		{"heredoc_elsewhere", plain + "target \"h\" {\n  dockerfile-inline = <<EOT\nFROM a\n}\nEOT\n}\n" + plain, false},
		{"comment", plain + "/*\n" + strings.Repeat("}\n", 3000) + "*/\n", true},
		{"template", plain + "A = \"${ [{\n" + strings.Repeat("}, {\n", 1000) + "}] }\"\n", false},
		{"attribute_redefined", plain + "A = 1\n" + plain + "A = 2\n", true},
		{"error", plain + "target \"x\" {\n", true},
		{"error_in_the_middle", plain + "target \"x\" { a = }\n" + plain, true},
		{"stray_brace", plain + "}\n" + plain, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := File{Name: "docker-bake.hcl", Data: []byte(c.text)}
			pieces := parsePieces(f)
			if (pieces == nil) != c.whole {
				t.Fatalf("in pieces: %t, want %t", pieces != nil, !c.whole)
			}
			want, wantDiags := hclsyntax.ParseConfig(f.Data, f.Name, hcl.InitialPos)
			got, gotDiags := parseHCL(f)
			if fmt.Sprint(gotDiags) != fmt.Sprint(wantDiags) {
				t.Errorf("diagnostics %v, want %v", gotDiags, wantDiags)
			}
			if !reflect.DeepEqual(got, want.Body) {
				t.Error("the bodies differ")
			}
		})
	}
}
