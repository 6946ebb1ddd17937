package bake

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// nested wraps an expression in n of the same.
func nested(n int, before, inner, after string) string {
	return strings.Repeat(before, n) + inner + strings.Repeat(after, n)
}

// nests are definitions in which something is nested n levels deep.
var nests = map[string]func(n int) File{
	"parentheses":     func(n int) File { return inHCL(nested(n, "(", "1", ")")) },
	"lists":           func(n int) File { return inHCL(nested(n, "[", "1", "]")) },
	"objects":         func(n int) File { return inHCL(nested(n, "{ a = ", "1", " }")) },
	"calls":           func(n int) File { return inHCL(nested(n, "upper(", `"a"`, ")")) },
	"templates":       func(n int) File { return inHCL(nested(n, `"x${`, `"a"`, `}"`)) },
	"conditionals":    func(n int) File { return inHCL(strings.Repeat("false ? 1 : ", n) + "2") },
	"conditions":      func(n int) File { return inHCL(strings.Repeat("true ? ", n) + "1" + strings.Repeat(" : 2", n)) },
	"many lines":      func(n int) File { return inHCL("(\n" + strings.Repeat("false ?\n1 :\n", n-1) + "2\n)") },
	"prefixes":        func(n int) File { return inHCL(strings.Repeat("!", n) + "true") },
	"spaced prefixes": func(n int) File { return inHCL("0 " + strings.Repeat("- ", n+1) + "1") },
	"prefixed calls":  func(n int) File { return inHCL(nested(n/2, "-abs(", "1", ")") + " + 1") },
	"indexes":         func(n int) File { return inHCL(nested(n, "[0][", "0", "]")) },
	"lists of for": func(n int) File {
		return inHCL(nested(n, "[for x in ", "[1]", ": x]"))
	},
	"objects of for": func(n int) File {
		return inHCL(nested(n, "{for k, v in ", "{ a = 1 }", ": k => v}"))
	},
	"values of for": func(n int) File {
		return inHCL(nested(n, "{for k, v in { a = 1 }:\nk => ", "1", "\n}"))
	},
	"directives": func(n int) File {
		return inHCL(`"` + nested(n, "%{ if true }", "x", "%{ endif }") + `"`)
	},
	"loops": func(n int) File { return inHCL(`"` + nested(n, "%{~ for x in [1] ~}", "x", "%{ endfor }") + `"`) },
	"heredoc": func(n int) File {
		return inHCL("<<-END\n" + nested(n, "%{ if true }\n", "x\n", "%{ endif }\n") + "END")
	},
	"blocks": func(n int) File { return File{Name: "a.hcl", Data: []byte(nested(n, "target \"a\" {\n", "", "}\n"))} },
	"types": func(n int) File {
		return File{Name: "a.hcl", Data: []byte("variable \"v\" {\n  type = " + nested(n-1, "list(", "string", ")") + "\n}\n")}
	},
	"large":          func(n int) File { return large(inHCL(nested(n, "[", "1", "]"))) },
	"JSON":           func(n int) File { return inJSON(nested(n-1, "[", "1", "]")) },
	"JSON objects":   func(n int) File { return inJSON(nested(n-1, `{"a":`, "1", "}")) },
	"JSON templates": func(n int) File { return inJSON(`"` + nested(n, `${upper(\"`, "a", `\")}`) + `"`) },
	"JSON lists":     func(n int) File { return inJSON(`"${` + nested(n-1, "[", "1", "]") + `}"`) },
	"JSON escapes":   func(n int) File { return inJSON(`"$\u007b` + nested(n-1, `\u005b`, "1", `\u005d`) + `\u007d"`) },
	"JSON types": func(n int) File {
		return File{Name: "a.json", Data: []byte(`{"variable": {"v": {"type": "` + nested(n, "list(", "string", ")") + `"}}}`)}
	},
}

func inHCL(expr string) File { return File{Name: "a.hcl", Data: []byte("v = " + expr + "\n")} }

func inJSON(value string) File { return File{Name: "a.json", Data: []byte(`{"v": ` + value + `}`)} }

// large makes a definition one that is parsed in pieces.
func large(f File) File {
	var b strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&b, "target \"t%d\" {\n  tags = [\"a:%d\"]\n}\n", i, i)
	}
	f.Data = append([]byte(b.String()), f.Data...)
	return f
}

// levels is how many levels one of a construct is.
var levels = map[string]int{"JSON templates": 2}

// Every construct that nests is read up to a limit, and refused beyond it with its
// place. The texts here are just below and just above: deeper ones end other
// programs.
func TestNesting(t *testing.T) {
	for name, text := range nests {
		t.Run(name, func(t *testing.T) {
			each := max(1, levels[name])
			begun := time.Now()
			if deep := deepOf(t, text(maxNesting/each-2)); len(deep) > 0 {
				t.Errorf("refused below the limit: %s", deep)
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("took %s below the limit", took)
			}
			deep := deepOf(t, text(maxNesting/each+2))
			if len(deep) != 1 || !strings.HasPrefix(deep[0], "a.") || !strings.Contains(deep[0], "Nested too deeply") {
				t.Errorf("above the limit: %q", deep)
			}
		})
	}
}

// deepOf are the diagnostics of a definition that are about its depth, with their
// places. Others count only if they are not what the construct is for.
func deepOf(t *testing.T, f File) []string {
	t.Helper()
	def, diags := Parse([]File{f}, nil)
	if !diags.HasErrors() {
		_, more := def.Evaluate(Scope{})
		diags = append(diags, more...)
	}
	var out []string
	for _, d := range diags {
		if d.Extra == diagID("too-deep") {
			out = append(out, fmt.Sprintf("%s:%d:%d: %s", d.Subject.Filename, d.Subject.Start.Line, d.Subject.Start.Column, d.Summary))
		}
	}
	if len(out) > 0 && len(diags) > 1 {
		t.Errorf("%d diagnostics, want one", len(diags))
	}
	return out
}

// What stands in a row is deep to the evaluator, too, and has a limit of its own.
func TestOperatorsInARow(t *testing.T) {
	for name, text := range map[string]func(n int) string{
		"sums":    func(n int) string { return "1" + strings.Repeat(" + 1", n) },
		"logic":   func(n int) string { return "true" + strings.Repeat(" && true", n) },
		"indexes": func(n int) string { return "x" + strings.Repeat("[0]", n) },
		"splats":  func(n int) string { return "x" + strings.Repeat(".*", n) },
		"in brackets": func(n int) string {
			half := strings.Repeat(" + 1", n/2)
			return "((1" + half + ")" + half + ")"
		},
	} {
		for _, n := range []int{maxOperators - 100, maxOperators + 100} {
			tokens, _ := hclsyntax.LexExpression([]byte(text(n)), "a.hcl", hcl.InitialPos)
			d := tooDeep(tokens)
			if (d != nil) != (n > maxOperators) {
				t.Errorf("%d %s: %v", n, name, d)
			}
			if d != nil && d.Summary != "Too many operators" {
				t.Errorf("%s: %v", name, d)
			}
			if d != nil && shallow([]byte(text(n))) {
				t.Errorf("%s: not even looked at", name)
			}
		}
	}
}

// What is beside each other is not nested, however much there is of it.
func TestNotNested(t *testing.T) {
	const n = 3 * maxNesting
	for name, f := range map[string]File{
		"list":         inHCL("[" + strings.Repeat("[{ a = (1) }, !true ? -1 : 2],\n", n) + "]"),
		"conditionals": inHCL("{\n" + numbered(n, "  a%d = true ? 1 : 2\n") + "}"),
		"attributes":   {Name: "a.hcl", Data: []byte(numbered(n, "a%d = true ? !false : !true\n"))},
		"template":     inHCL(`"` + strings.Repeat("${upper(\"x\")}%{ if true }a%{ else }b%{ endif }", n) + `"`),
		"blocks":       {Name: "a.hcl", Data: []byte(numbered(n, "target \"a%d\" {\n  args = { a = \"${1 - 1}\" }\n}\n"))},
		"JSON":         inJSON("[" + strings.Repeat(`{"a": ["((((((${1}"]},`, n) + "1]"),
		"text in JSON": inJSON(`"` + strings.Repeat("([{", n) + `"`),
		"heredoc":      inHCL("<<END\n" + strings.Repeat("([{\n", n) + "END"),
		"string":       inHCL(`"` + strings.Repeat("([{!?", n) + `"`),
		"comment":      {Name: "a.hcl", Data: []byte("# " + strings.Repeat("([{", n) + "\n/* " + strings.Repeat("([{", n) + " */\nv = 1\n")},
	} {
		def, diags := Parse([]File{f}, nil)
		if diags.HasErrors() {
			t.Errorf("%s: %v", name, diags[0])
			continue
		}
		if _, diags := def.Evaluate(Scope{}); diags.HasErrors() {
			t.Errorf("%s: %v", name, diags[0])
		}
	}
}

func numbered(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// The value of a variable in JSON nests, too.
func TestNestedVariable(t *testing.T) {
	for _, n := range []int{maxNesting, maxNesting + 1} {
		for _, ty := range []string{"", "  type = any\n"} {
			def, diags := Parse([]File{{Name: "a.hcl", Data: []byte("variable \"V\" {\n" + ty + "  default = []\n}\n")}}, nil)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			_, diags = def.Evaluate(Scope{Vars: map[string]string{"V_JSON": nested(n, "[", "1", "]")}})
			deep := diags.HasErrors() && strings.Contains(diags[0].Detail, "nested more than 500 levels deep")
			if deep != (n > maxNesting) {
				t.Errorf("%d levels: %v", n, diags)
			}
		}
	}
}
