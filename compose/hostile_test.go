package compose

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
)

// worked is how long the processors have worked for this process. Unlike time on
// the clock it does not grow because others work, too.
func worked(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// hostile are files that ask for more time or memory than there is.
func hostile() map[string]string {
	var bomb, merges, deep, chain, wide strings.Builder
	bomb.WriteString("x0: &x0 [a, a, a, a, a, a, a, a, a]\n")
	merges.WriteString("x-0: &m0 {k0: 0}\n")
	for i := 1; i <= 1000; i++ {
		fmt.Fprintf(&bomb, "x-%d: &x%d [*x%d, *x%d, *x%d]\n", i, i, i-1, i-1, i-1)
		if i <= 400 {
			fmt.Fprintf(&merges, "x-%d: &m%d {<<: [*m%d, *m%d, *m%d], k%d: 0}\n", i, i, i-1, i-1, i-1, i)
		}
	}
	bomb.WriteString("services: {a: {build: {context: ., args: *x1000, tags: *x1000, x-bake: {tags: *x1000}}}}\n")
	merges.WriteString("services: {a: {build: {context: ., args: *m400}}}\n")
	deep.WriteString("services: {a: {build: {context: ., args: ")
	deep.WriteString(strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + "}}}\n")
	chain.WriteString("services:\n  s0: {build: {context: ., tags: [t0]}}\n")
	for i := 1; i <= 1000; i++ {
		fmt.Fprintf(&chain, "  s%d: {extends: s%d}\n", i, i-1)
	}
	wide.WriteString("x-a: &a {")
	for i := range 2000 {
		fmt.Fprintf(&wide, "k%d: 0, ", i)
	}
	wide.WriteString("}\nservices: {a: {build: {context: ., args: {<<: [" + strings.Repeat("*a, ", 2000) + "]}}}}\n")
	return map[string]string{
		"bomb": bomb.String(), "merges": merges.String(), "deep": deep.String(), "chain": chain.String(), "wide": wide.String(),
		"self":         "services: &s {a: {build: {context: ., args: *s}}}\n",
		"self merge":   "services: {a: &a {build: ., <<: *a}}\n",
		"self list":    "services: {a: {build: {context: ., tags: &t [*t]}}}\n",
		"nested text":  "services: {a: {build: {context: \"" + strings.Repeat("${A:-", 3000) + strings.Repeat("}", 3000) + "\"}}}\n",
		"many nodes":   "x: [" + strings.Repeat("[],", 600_000) + "]\nservices: {a: {build: .}}\n",
		"nul and junk": "services:\x00\xff\xfe: {a: b}",
	}
}

func TestHostile(t *testing.T) {
	for name, text := range hostile() {
		t.Run(name, func(t *testing.T) {
			start := worked(t)
			_, diags := parse(text, Options{})
			if took := worked(t) - start; took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			switch name {
			case "chain", "many nodes", "merges":
				if diags.HasErrors() {
					t.Error(diags)
				}
			default:
				if !diags.HasErrors() {
					t.Error("no error")
				}
			}
			if len(diags) > 0 {
				t.Log(diags[0])
			}
			for _, d := range diags {
				if d.Subject == nil {
					t.Errorf("no place: %v", d)
				}
			}
		})
	}
}
