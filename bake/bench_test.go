package bake

import (
	"fmt"
	"strings"
	"testing"
)

// generated are definitions that grow with n, one for each thing that may
// grow: targets, matrix values, edges of every kind.
var generated = []struct {
	name string
	text func(n int) string
}{
	{"plain", func(n int) string {
		return each(n, func(i int) string {
			return fmt.Sprintf("target \"t%[1]d\" {\n  context = \"svc/%[1]d\"\n  args = { V = \"${TAG}-%[1]d\" }\n  tags = [\"reg/t%[1]d:${TAG}\"]\n}\n", i)
		}) + group("t", n)
	}},
	{"matrix", func(n int) string {
		return fmt.Sprintf("target \"m\" {\n  name = \"m-${i}-${j}\"\n  matrix = {\n    i = range(%d)\n    j = range(50)\n  }\n  args = { I = i }\n}\n", n/50) + "group \"default\" { targets = [\"m\"] }\n"
	}},
	{"inherit_chain", func(n int) string {
		return "target \"t0\" { args = { A = 0 } }\n" + each(n-1, func(i int) string {
			return fmt.Sprintf("target \"t%d\" {\n  inherits = [\"t%d\"]\n  tags = [\"%d\"]\n}\n", i+1, i, i)
		}) + group("t", n)
	}},
	{"link_chain", func(n int) string {
		return "target \"t0\" {}\n" + each(n-1, func(i int) string {
			return fmt.Sprintf("target \"t%d\" { contexts = { base = \"target:t%d\" } }\n", i+1, i)
		}) + group("t", n)
	}},
	{"group_chain", func(n int) string {
		return "target \"t\" {}\ngroup \"g0\" { targets = [\"t\"] }\n" + each(n-1, func(i int) string {
			return fmt.Sprintf("group \"g%d\" { targets = [\"g%d\"] }\n", i+1, i)
		}) + fmt.Sprintf("group \"default\" { targets = [\"g%d\"] }\n", n-1)
	}},
	{"reference_chain", func(n int) string {
		return "target \"t0\" { args = { A = 1 } }\n" + each(n-1, func(i int) string {
			return fmt.Sprintf("target \"t%d\" { args = { A = target.t%d.args.A } }\n", i+1, i)
		}) + group("t", n)
	}},
	{"variable_chain", func(n int) string {
		return "variable \"V0\" { default = \"x\" }\n" + each(n-1, func(i int) string {
			return fmt.Sprintf("variable \"V%d\" { default = V%d }\n", i+1, i)
		}) + fmt.Sprintf("target \"default\" { args = { V = V%d } }\n", n-1)
	}},
	{"realistic", func(n int) string {
		return `function "tag" {
  params = [name, v]
  result = ["reg.example.com/${name}:${v}", "reg.example.com/${name}:latest"]
}
target "_common" {
  args   = { VERSION = TAG, BUILD = "${TAG}-release" }
  labels = { "org.opencontainers.image.version" = TAG }
}
` + each(n/4, func(i int) string {
			return fmt.Sprintf("target \"svc%[1]d\" {\n  name = \"svc%[1]d-${v}\"\n  matrix = { v = [\"a\", \"b\", \"c\", \"d\"] }\n  inherits = [\"_common\"]\n  context = \"svc/%[1]d\"\n  args = { VARIANT = v }\n  tags = tag(\"svc%[1]d\", v)\n}\n", i)
		}) + group("svc", n/4)
	}},
}

func each(n int, f func(i int) string) string {
	var b strings.Builder
	b.WriteString("variable \"TAG\" { default = \"dev\" }\n")
	for i := range n {
		b.WriteString(f(i))
	}
	return b.String()
}

func group(prefix string, n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%q", fmt.Sprint(prefix, i))
	}
	return "group \"default\" { targets = [" + strings.Join(names, ", ") + "] }\n"
}

func planText(tb testing.TB, text string, targets ...string) *Plan {
	tb.Helper()
	def, diags := Parse([]File{{Name: "docker-bake.hcl", Data: []byte(text)}}, nil)
	cfg, more := def.Evaluate(Scope{})
	plan, last := cfg.Plan(Request{Targets: targets})
	if plan == nil {
		tb.Fatal(append(append(diags, more...), last...))
	}
	return plan
}

// BenchmarkPlan measures all phases for growing definitions; time per target
// must not grow with their number.
func BenchmarkPlan(b *testing.B) {
	for _, g := range generated {
		for _, n := range []int{1000, 4000} {
			text := g.text(n)
			b.Run(fmt.Sprintf("%s/n=%d", g.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					plan := planText(b, text)
					if _, err := plan.JSON(); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/target")
			})
		}
	}
}

// BenchmarkPhases measures the phases apart, on 1,000 realistic targets.
func BenchmarkPhases(b *testing.B) {
	text := generated[len(generated)-1].text(1000)
	files := []File{{Name: "docker-bake.hcl", Data: []byte(text)}}
	def, _ := Parse(files, nil)
	cfg, _ := def.Evaluate(Scope{})
	plan, _ := cfg.Plan(Request{})
	b.Run("Parse", func(b *testing.B) {
		for b.Loop() {
			Parse(files, nil)
		}
	})
	b.Run("Evaluate", func(b *testing.B) {
		for b.Loop() {
			def.Evaluate(Scope{})
		}
	})
	b.Run("Plan", func(b *testing.B) {
		for b.Loop() {
			cfg.Plan(Request{})
		}
	})
	b.Run("JSON", func(b *testing.B) {
		for b.Loop() {
			if _, err := plan.JSON(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// TestLadders plans graphs in which each level uses both members of the level
// below, so that the number of paths doubles with each. The work must not.
func TestLadders(t *testing.T) {
	const low, high = 8, 16
	for _, c := range []struct {
		name, base, kind, body string
		targets                int // of the plan of a high one
	}{
		{"inherits", plainBase, "target", `inherits = ["a%d", "b%d"]`, 1},
		{"links", plainBase, "target", `contexts = { a = "target:a%d", b = "target:b%d" }`, 2*high + 1},
		{"groups", plainBase, "group", `targets = ["a%d", "b%d"]`, 2},
		{"references", "target \"a0\" { args = { X = 1 } }\ntarget \"b0\" { args = { X = 2 } }\n", "target", `args = { X = "${length(target.a%d.args.X) + length(target.b%d.args.X)}" }`, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			plan := func(levels int) *Plan {
				return planText(t, c.base+ladder(levels, c.kind, c.body), fmt.Sprintf("a%d", levels))
			}
			if n := len(plan(high).Targets); n != c.targets {
				t.Errorf("%d targets, want %d", n, c.targets)
			}
			small, large := testing.AllocsPerRun(1, func() { plan(low) }), testing.AllocsPerRun(1, func() { plan(high) })
			if large > 4*small {
				t.Errorf("%v allocations for %d levels, %v for %d", small, low, large, high)
			}
		})
	}
}

const plainBase = "target \"a0\" {}\ntarget \"b0\" {}\n"

func ladder(levels int, kind, body string) string {
	var b strings.Builder
	for i := 1; i <= levels; i++ {
		for _, side := range []string{"a", "b"} {
			fmt.Fprintf(&b, "%s \"%s%d\" { "+body+" }\n", kind, side, i, i-1, i-1)
		}
	}
	return b.String()
}
