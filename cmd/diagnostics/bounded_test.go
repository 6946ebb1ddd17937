package diagnostics

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"bake/bake"
	"bake/cmd/terminal"

	"github.com/hashicorp/hcl/v2"
)

// shown is what a reporter says of diagnostics in the three forms.
func shown(t *testing.T, source string, strict bool, diags hcl.Diagnostics) (text, asJSON, github string) {
	t.Helper()
	for i, out := range []*string{&text, &asJSON, &github} {
		var b, commands bytes.Buffer
		r := &Reporter{Streams: terminal.Streams{Err: &b, Width: 80}, Strict: strict, JSON: i == 1}
		if i == 2 {
			r.GitHub = &Annotator{W: &commands}
		}
		r.Source([]bake.File{{Name: "f", Data: []byte(source)}})
		r.Add(diags)
		_ = r.Finish(nil)
		if *out = b.String(); i == 2 {
			*out = commands.String()
		}
	}
	return text, asJSON, github
}

func at(column int, severity hcl.DiagnosticSeverity, summary string) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: severity, Summary: summary, Detail: summary + ".", Extra: kind("odd"),
		Subject: &hcl.Range{Filename: "f", Start: hcl.Pos{Line: 1, Column: column, Byte: column - 1}, End: hcl.Pos{Line: 1, Column: column + 2, Byte: column + 1}}}
}

type kind string

func (k kind) DiagnosticID() string { return string(k) }

// The source line is a megabyte long, and there are thousands of errors in it.
func TestManyErrorsInALongLine(t *testing.T) {
	const n = 3000
	var diags hcl.Diagnostics
	for i := range n {
		diags = append(diags, at(10*i+1, hcl.DiagError, fmt.Sprintf("Error %d", i)))
	}
	text, asJSON, github := shown(t, strings.Repeat("0123456789", 100_000), false, diags)
	if got := strings.Count(text, "error[odd]: "); got != maxErrors {
		t.Errorf("%d errors as text, want %d", got, maxErrors)
	}
	if want := "3000 errors; 2980 errors are not shown"; !strings.Contains(text, want) {
		t.Errorf("the text does not say %q: %s", want, text[len(text)-200:])
	}
	if got := strings.Count(github, "\n"); got != maxErrors+1 || !strings.Contains(github, "2980 more errors are not shown.") {
		t.Errorf("%d annotations, and at last %q", got, github[len(github)-200:])
	}
	var list []jsonFinding
	if err := json.Unmarshal([]byte(asJSON), &list); err != nil {
		t.Fatal(err)
	}
	if last := list[len(list)-1]; len(list) != maxListed+1 || last.Count != n-maxListed || last.ID != "more-errors" || last.Severity != "error" {
		t.Errorf("%d findings in JSON, the last is %+v", len(list), last)
	}
	for form, limit := range map[string]int{text: 20_000, asJSON: 500_000, github: 20_000} {
		if len(form) > limit {
			t.Errorf("%d bytes, want at most %d: %.200s", len(form), limit, form)
		}
	}
}

// Warnings are bounded, too, whatever --strict makes of them, and do not take the
// place of errors.
func TestManyWarnings(t *testing.T) {
	for _, strict := range []bool{false, true} {
		diags := hcl.Diagnostics{at(9000, hcl.DiagError, "Broken")}
		for i := range 800 {
			diags = append(diags, at(i+1, hcl.DiagWarning, fmt.Sprintf("Warning %d", i)))
		}
		text, asJSON, github := shown(t, strings.Repeat("x", 10_000), strict, diags)
		for form, what := range map[string]string{text: "text", asJSON: "JSON", github: "GitHub"} {
			if !strings.Contains(form, "Broken") {
				t.Errorf("%s: the error is not told", what)
			}
		}
		if got := strings.Count(text, "\n"); got > 200 || !strings.Contains(text, "... and 695 more warnings") {
			t.Errorf("%d lines of text", got)
		}
		if !strings.Contains(asJSON, `"count": 300`) || !strings.Contains(github, "780 more warnings") {
			t.Errorf("no count of the rest: %.300s", github)
		}
	}
}

// Each target that fails tells of something else.
func TestFailuresOfTargetsAreAllShown(t *testing.T) {
	var b bytes.Buffer
	r := &Reporter{Streams: terminal.Streams{Err: &b, Width: 80}}
	for i := range 30 {
		r.Pending = append(r.Pending, Finding{Severity: "error", Id: buildFailed, Summary: fmt.Sprintf("target t%d", i)})
	}
	r.Flush()
	if got := strings.Count(b.String(), "target t"); got != 30 {
		t.Errorf("%d failures are shown", got)
	}
}

func TestClippedLine(t *testing.T) {
	long := strings.Repeat("a", 500) + "MARK" + strings.Repeat("b", 500)
	wide := strings.Repeat("名", 500) + "MARK" + strings.Repeat("é", 500)
	for name, tt := range map[string]struct {
		line     string
		from, to int // characters
		want     string
		mark     string
	}{
		"middle":      {long, 500, 504, "..." + strings.Repeat("a", 60) + "MARK" + strings.Repeat("b", 96) + "...", "MARK"},
		"start":       {long, 0, 3, strings.Repeat("a", 160) + "...", "aaa"},
		"end":         {long, 1003, 1004, "..." + strings.Repeat("b", 160), "b"},
		"behind":      {long, 1004, 1004, "..." + strings.Repeat("b", 160), ""},
		"long mark":   {long, 500, 900, "..." + strings.Repeat("a", 60) + "MARK" + strings.Repeat("b", 96) + "...", "MARK" + strings.Repeat("b", 96)},
		"wide":        {wide, 500, 504, "..." + strings.Repeat("名", 60) + "MARK" + strings.Repeat("é", 96) + "...", "MARK"},
		"short":       {"tags = [x]", 8, 9, "tags = [x]", "x"},
		"just enough": {strings.Repeat("a", 160), 3, 4, strings.Repeat("a", 160), "a"},
	} {
		place := hcl.Range{Filename: "f", Start: hcl.Pos{Line: 1, Column: tt.from + 1}, End: hcl.Pos{Line: 1, Column: tt.to + 1}}
		s := newSnippet([]string{tt.line}, place, nil)
		l := s.lines[0]
		before, after := l.dots()
		if got := before + l.text + after; got != tt.want {
			t.Errorf("%s: got %s\nwant %s", name, got, tt.want)
		}
		if got := l.text[l.from:min(l.to, len(l.text))]; got != tt.mark || l.to <= l.from {
			t.Errorf("%s: marks %q", name, got)
		}
		if !strings.HasPrefix(tt.line[l.offset:], l.text) || !utf8.ValidString(l.text) {
			t.Errorf("%s: is not what is at byte %d", name, l.offset)
		}
		var b strings.Builder
		s.write(&b, terminal.Streams{}, "")
		lines := strings.Split(b.String(), "\n")
		if caret := strings.Index(lines[3], "^") - 4; tt.mark == "MARK" && caret != terminal.Columns(before+l.text[:l.from]) {
			t.Errorf("%s: the caret is in column %d:\n%s", name, caret, b.String())
		}
	}
}

// Sentences that quote a name of any length are cut, at characters.
func TestClippedProse(t *testing.T) {
	d := at(1, hcl.DiagError, "Unknown")
	d.Detail = "There is no " + strings.Repeat("名", 100_000) + ". Did you mean \"x\"?"
	text, asJSON, _ := shown(t, "x", false, hcl.Diagnostics{d})
	for _, form := range []string{text, asJSON} {
		if len(form) > 2*maxProse || !utf8.ValidString(form) || !strings.Contains(form, "There is no") || !strings.Contains(form, "Did you mean") {
			t.Errorf("%d bytes: %.100s", len(form), form)
		}
	}
}
