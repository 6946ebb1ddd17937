package diagnostics

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"bake/bake"
	"bake/cmd/exit"
	"bake/cmd/terminal"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
)

func TestSnippet(t *testing.T) {
	at := func(l1, c1, l2, c2 int) hcl.Range {
		return hcl.Range{Filename: "f", Start: hcl.Pos{Line: l1, Column: c1}, End: hcl.Pos{Line: l2, Column: c2}}
	}
	tests := []struct {
		name    string
		source  string
		subject hcl.Range
		context *hcl.Range
		want    string
	}{
		{"a word", "a = b c\n", at(1, 5, 1, 6), nil, " --> f:1:5\n  |\n1 | a = b c\n  |     ^\n"},
		{"tabs stay", "\ta = b\n", at(1, 2, 1, 3), nil, " --> f:1:2\n  |\n1 | \ta = b\n  | \t^\n"},
		{"wide characters", "名 = x\n", at(1, 1, 1, 2), nil, " --> f:1:1\n  |\n1 | 名 = x\n  | ^^\n"},
		{"after wide and combining characters", "名e\u0301 = x\n", at(1, 6, 1, 7), nil, " --> f:1:6\n  |\n1 | 名e\u0301 = x\n  |       ^\n"},
		{"an empty range", "a = \n", at(1, 5, 1, 5), nil, " --> f:1:5\n  |\n1 | a =\n  |     ^\n"},
		{"carriage returns", "a = 1\r\nb = 2\r\n", at(2, 1, 2, 2), nil, " --> f:2:1\n  |\n2 | b = 2\n  | ^\n"},
		{"a byte order mark", "\xef\xbb\xbfa = 1\n", at(1, 1, 1, 2), nil, " --> f:1:1\n  |\n1 | a = 1\n  | ^\n"},
		{"control characters", "a = \"\x1b[31m\"\n", at(1, 1, 1, 2), nil, " --> f:1:1\n  |\n1 | a = \"\ufffd[31m\"\n  | ^\n"},
		{"several lines", "a = [\n  b,\n]\n", at(1, 5, 3, 2), nil, " --> f:1:5\n  |\n1 | a = [\n  |     ^\n2 |   b,\n  |   ^^\n3 | ]\n  | ^\n"},
		{"up to a line start", "a = 1\nb = 2\n", at(1, 1, 2, 1), nil, " --> f:1:1\n  |\n1 | a = 1\n  | ^^^^^\n"},
		{"context", "a {\n  b = 1\n}\n", at(2, 3, 2, 4), &hcl.Range{Filename: "f", Start: hcl.Pos{Line: 1, Column: 1}, End: hcl.Pos{Line: 3, Column: 2}}, " --> f:2:3\n  |\n1 | a {\n2 |   b = 1\n  |   ^\n3 | }\n"},
		{"a long place", strings.Repeat("x\n", 12), at(1, 1, 12, 2), nil, "  --> f:1:1\n   |\n 1 | x\n   | ^\n 2 | x\n   | ^\n 3 | x\n   | ^\n 4 | x\n   | ^\n...\n12 | x\n   | ^\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSnippet(splitLines([]byte(tt.source)), tt.subject, tt.context)
			if s == nil {
				t.Fatal("no snippet")
			}
			var b strings.Builder
			s.write(&b, terminal.Streams{}, terminal.StyleError)
			if diff := cmp.Diff(tt.want, b.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSnippetOutsideOfSource(t *testing.T) {
	for _, r := range []hcl.Range{
		{},
		{Start: hcl.Pos{Line: 3, Column: 1}, End: hcl.Pos{Line: 3, Column: 2}},
		{Start: hcl.Pos{Line: 2, Column: 1}, End: hcl.Pos{Line: 1, Column: 1}},
	} {
		if s := newSnippet([]string{"a", ""}, r, nil); s != nil {
			t.Errorf("%v: got a snippet of what is not there", r)
		}
	}
	far := hcl.Range{Start: hcl.Pos{Line: 1, Column: 90}, End: hcl.Pos{Line: 1, Column: 99}}
	if s := newSnippet([]string{"a", ""}, far, nil); s == nil || s.lines[0].to > 2 {
		t.Errorf("a column after the end: got %+v", s)
	}
}

func TestColors(t *testing.T) {
	var b bytes.Buffer
	r := &Reporter{Streams: terminal.Streams{Err: &b, Color: true, Width: 80}}
	r.Source([]bake.File{{Name: "f", Data: []byte("a = b\n")}})
	r.Add(hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Wrong", Subject: &hcl.Range{Filename: "f", Start: hcl.Pos{Line: 1, Column: 5}, End: hcl.Pos{Line: 1, Column: 6}}}})
	r.Flush()
	colored := b.String()
	if !strings.Contains(colored, terminal.StyleError+"error"+"\x1b[0m") || !strings.Contains(colored, terminal.StyleError+"^"+"\x1b[0m") {
		t.Errorf("not coloured: %q", colored)
	}
	b.Reset()
	r.Streams.Color = false
	r.writeText(r.shown)
	if strings.Contains(b.String(), "\x1b") {
		t.Errorf("coloured: %q", b.String())
	}
}

func TestStrict(t *testing.T) {
	warning := hcl.Diagnostics{{Severity: hcl.DiagWarning, Summary: "Odd"}}
	for _, strict := range []bool{false, true} {
		var b bytes.Buffer
		r := &Reporter{Streams: terminal.Streams{Err: &b, Width: 80}, Strict: strict}
		r.Add(warning)
		err := r.Check()
		if (exit.CodeOf(err) == exit.Usage) != strict {
			t.Errorf("strict %v: got %v", strict, err)
		}
	}
}

func TestEscapes(t *testing.T) {
	a := &Annotator{dir: "/w/sub", workspace: "/w"}
	f := Finding{Severity: "warning", Summary: "a, b: c", Detail: "100%\r\nsure, yes: x", Subject: &hcl.Range{
		Filename: "a,b.hcl", Start: hcl.Pos{Line: 2, Column: 3}, End: hcl.Pos{Line: 2, Column: 5}}}
	want := "::warning file=sub/a%2Cb.hcl,line=2,endLine=2,col=3,endColumn=5,title=a%2C b%3A c::100%25%0D%0Asure, yes: x"
	if got := a.command(f); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	f.Subject.End.Line = 4
	want = "::warning file=sub/a%2Cb.hcl,line=2,endLine=4,title=a%2C b%3A c::100%25%0D%0Asure, yes: x"
	if got := a.command(f); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A source is cut into lines once, however many findings there are in it.
func TestManyFindingsOfOneSource(t *testing.T) {
	const n = 3000
	source := []byte(strings.Repeat("# a line of a long definition\n", 10*n))
	var diags hcl.Diagnostics
	for i := range n {
		rng := hcl.Range{Filename: "f", Start: hcl.Pos{Line: 10*i + 1, Column: 1}, End: hcl.Pos{Line: 10*i + 1, Column: 2}}
		diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "Summary", Subject: &rng})
	}
	r := &Reporter{Sources: map[string][]byte{"f": source}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, d := range diags {
		r.finding(d)
	}
	runtime.ReadMemStats(&after)
	if size := after.TotalAlloc - before.TotalAlloc; size > 20*uint64(len(source)) {
		t.Errorf("%d MB for a source of %d MB", size>>20, len(source)>>20)
	}
}
