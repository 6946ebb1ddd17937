package compose

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/template"
	"github.com/hashicorp/hcl/v2"
	"github.com/sirupsen/logrus"
	"golang.org/x/tools/txtar"
)

// FuzzParse feeds two files, and a third that they may refer to. Nothing may
// panic, hang, or point outside its file, and the same comes out every time.
func FuzzParse(f *testing.F) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range archives {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range ar.Files {
			if strings.HasSuffix(file.Name, ".yaml") {
				f.Add(string(file.Data), "services: {a: {build: {args: {X: 1}}}}\n", "services: {b: {build: .}}\n")
			}
		}
	}
	for _, text := range hostile() {
		if len(text) < 4096 {
			f.Add(text, text, text)
		}
	}
	f.Fuzz(func(t *testing.T, one, two, other string) {
		if len(one)+len(two)+len(other) > 1<<16 {
			t.Skip("too long for many runs")
		}
		files := map[string]string{"compose.yaml": one, "two.yaml": two, "x.yaml": other, "sub/c.yaml": other, ".env": "A=1\n"}
		read := func() (hcl.Body, hcl.Diagnostics) {
			return Parse([]File{{"compose.yaml", []byte(one)}, {"two.yaml", []byte(two)}}, Options{FS: mapFS(files), Env: map[string]string{"V": "v"}})
		}
		start := worked(t)
		body, diags := read()
		if took := worked(t) - start; took > 20*time.Second {
			t.Errorf("took %v", took)
		}
		inside := func(r hcl.Range, what string) {
			n := len(files[r.Filename])
			if _, ok := files[r.Filename]; !ok || r.Start.Byte < 0 || r.Start.Byte > r.End.Byte || r.End.Byte > n || r.Start.Line < 1 || r.Start.Column < 1 {
				t.Errorf("%s: %v (bytes %d to %d of %d)", what, r, r.Start.Byte, r.End.Byte, n)
			}
		}
		for _, d := range diags {
			if d.Subject == nil {
				t.Errorf("no place: %v", d)
				continue
			}
			inside(*d.Subject, d.Summary)
		}
		attrs := found(t, body)
		for name, a := range attrs {
			inside(a.NameRange, name)
			inside(a.Expr.Range(), name)
			spots(files, a)
		}
		again, moreDiags := read()
		if fmt.Sprint(diags) != fmt.Sprint(moreDiags) {
			t.Errorf("diagnostics differ:\n%v\n%v", diags, moreDiags)
		}
		for name, a := range found(t, again) {
			if attrs[name] == nil || valueOfExpr(t, a.Expr) != valueOfExpr(t, attrs[name].Expr) {
				t.Errorf("%s differs from run to run", name)
			}
		}
	})
}

// FuzzInterpolate compares the replacing of variables with compose-go's.
func FuzzInterpolate(f *testing.F) {
	logrus.SetOutput(io.Discard)
	for _, s := range []string{
		"", "a", "$A", "${A}", "${A:-b}", "${A-b}", "${A:+b}", "${A+b}", "${E:?x}", "${N?x $A}", "$$A", "$${A", "${", "${}", "${A",
		"${N:-${A:-${B}}}", "${N:-x} ${N:-y}", "${N:-{}}", "${N:-{a}} }", "${A:-\n}", "$1", "${1}", "${A:b}", "${A:}", "${A-}", "$", "a$", "${N:-$$}", "{${A}}",
	} {
		f.Add(s)
	}
	env := environment{"A": "a$B", "B": "b", "E": ""}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 200 || strings.ContainsFunc(text, func(r rune) bool { return r >= 0x80 }) {
			t.Skip("the pattern folds letters beyond ASCII into ASCII ones")
		}
		want, wantErr := template.Substitute(text, lookups(env))
		s := substitution{env: env}
		got, err := s.replace(text)
		if (err == nil) != (wantErr == nil) || err == nil && got != want {
			t.Errorf("%q: %q %v, compose-go %q %v", text, got, err, want, wantErr)
		}
		var required *template.MissingRequiredError
		if m, ok := err.(missing); ok && errors.As(wantErr, &required) && (m.name != required.Variable || m.reason != required.Reason) {
			t.Errorf("%q: %v, compose-go %v", text, m, required)
		}
	})
}

// many is a project of n services as projects have them.
func many(n int) string {
	var b strings.Builder
	b.WriteString("x-build: &build\n  context: .\n  args: {COMMON: one}\nservices:\n")
	for i := range n {
		fmt.Fprintf(&b, "  s%d:\n    image: acme/s%d:${TAG:-dev}\n    build:\n      <<: *build\n      dockerfile: s%d/Dockerfile\n      tags: [\"acme/s%d:1\"]\n    environment:\n      PORT: \"80\"\n    ports: [\"80\"]\n", i, i, i, i)
		if i%10 == 9 {
			fmt.Fprintf(&b, "  e%d: {extends: s%d, image: e}\n", i, i)
		}
	}
	return b.String()
}

// The work grows as the number of services does.
func BenchmarkParse(b *testing.B) {
	for _, n := range []int{50, 500, 5000} {
		text := many(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if _, diags := parse(text, Options{}); diags.HasErrors() {
					b.Fatal(diags)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "µs/service")
		})
	}
}

// TestLinear fails when ten times the services take far more than ten times as
// long.
func TestLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	took := func(n int) time.Duration {
		text, best := many(n), time.Hour
		for range 3 {
			start := worked(t)
			if _, diags := parse(text, Options{}); diags.HasErrors() {
				t.Fatal(diags)
			}
			best = min(best, worked(t)-start)
		}
		return best
	}
	small, big := took(500), took(5000)
	t.Logf("500 services: %v, 5000: %v", small, big)
	if big > 30*small {
		t.Errorf("5000 services take %.0f times as long as 500", float64(big)/float64(small))
	}
}
