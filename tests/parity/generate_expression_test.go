package parity

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// expr is a random expression of a kind: string, number, bool, list (of
// strings) or map (of strings). Depth bounds its nesting.
func (g *generator) expr(kind string, depth int) string {
	if depth <= 0 || g.chance(25) {
		return g.literal(kind)
	}
	if name, ok := g.named(kind); ok && g.chance(40) {
		return name
	}
	switch kind {
	case "number":
		return g.number(depth)
	case "bool":
		return g.boolean(depth)
	case "list":
		return g.list(depth)
	case "map":
		return g.mapping(depth)
	}
	return g.str(depth)
}

func (g *generator) literal(kind string) string {
	switch kind {
	case "number":
		return pick(g, "0", "1", "42", "1.5", "-7", "1000000", "0.1", "1e21", "12345678901234567890", "1e-7")
	case "bool":
		return pick(g, "true", "false")
	case "list":
		return pick(g, "[]", `["a"]`, `["a", "b"]`, `["x", "", "y"]`, `["c", "a", "b"]`)
	case "map":
		return pick(g, "{}", `{ k = "v" }`, `{ k = "v", l = "w" }`, `{ "a.b" = "c" }`)
	}
	return pick(g, `""`, `"a"`, `"some text"`, `"v1.2.3"`, `"$${x}"`, `"100%"`, `"<&>"`, `"größe"`, `"a\nb"`, `"q\"q"`)
}

// named is a variable, global, parameter or attribute of that kind.
func (g *generator) named(kind string) (string, bool) {
	var names []string
	for _, v := range g.variables {
		if v.kind == kind {
			names = append(names, v.name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(g.globals)) {
		if g.globals[name] == kind {
			names = append(names, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(g.scope)) {
		if g.scope[name] == kind {
			names = append(names, name, name)
		}
	}
	for _, t := range g.targets {
		if !t.ready {
			continue
		}
		if kind == "list" && t.tags {
			names = append(names, "target."+t.name+".tags")
		}
		for _, arg := range t.args {
			if kind == "string" {
				names = append(names, "target."+t.name+".args."+arg)
			}
		}
		if kind == "string" {
			names = append(names, "target."+t.name+".name")
		}
	}
	if len(names) == 0 {
		return "", false
	}
	return pick(g, names...), true
}

func (g *generator) str(depth int) string {
	d := depth - 1
	switch g.IntN(14) {
	case 12:
		return fmt.Sprintf("\"%%{ if %s }yes %s%%{ else }no%%{ endif }\"", g.expr("bool", d), pick(g, "$${x}", "ä", "<", ""))
	case 13:
		return fmt.Sprintf("\"%%{ for e in %s ~} [${e}] %%{ endfor }\"", g.expr("list", d))
	case 0:
		return fmt.Sprintf("upper(%s)", g.expr("string", d))
	case 1:
		return fmt.Sprintf("join(%s, %s)", pick(g, `","`, `"-"`), g.expr("list", d))
	case 2:
		return fmt.Sprintf("replace(%s, \"a\", \"b\")", g.expr("string", d))
	case 3:
		return fmt.Sprintf("%s ? %s : %s", g.expr("bool", d), g.expr("string", d), g.expr("string", d))
	case 4:
		return fmt.Sprintf("format(\"%%s-%%v\", %s, %s)", g.expr("string", d), g.expr("number", d))
	case 5:
		return fmt.Sprintf("jsonencode(%s)", g.expr(pick(g, "list", "map", "number", "bool"), d))
	case 6:
		return fmt.Sprintf("lookup(%s, \"k\", \"none\")", g.expr("map", d))
	case 7:
		return fmt.Sprintf("trimprefix(lower(%s), \"v\")", g.expr("string", d))
	case 8:
		return fmt.Sprintf("try(%s[0], \"none\")", g.expr("list", d))
	case 9, 10:
		if call, ok := g.call(d); ok {
			return call
		}
	}
	return fmt.Sprintf("\"x-${%s}-${%s}\"", g.expr("string", d), g.expr(pick(g, "number", "bool", "string"), d))
}

// call calls a function of the definition.
func (g *generator) call(depth int) (string, bool) {
	if len(g.functions) == 0 {
		return "", false
	}
	f := pick(g, g.functions...)
	var args []string
	for range f.params {
		args = append(args, g.expr("string", depth))
	}
	return fmt.Sprintf("%s(%s)", f.name, strings.Join(args, ", ")), true
}

func (g *generator) number(depth int) string {
	d := depth - 1
	switch g.IntN(7) {
	case 5:
		return fmt.Sprintf("(%s) / 3", g.expr("number", d))
	case 6:
		return fmt.Sprintf("floor(%s) %% 7", g.expr("number", d))
	case 0:
		return fmt.Sprintf("%s + %s", g.expr("number", d), g.expr("number", d))
	case 1:
		return fmt.Sprintf("(%s) * 3", g.expr("number", d))
	case 2:
		return fmt.Sprintf("length(%s)", g.expr("list", d))
	case 3:
		return fmt.Sprintf("max(%s, %s)", g.expr("number", d), g.expr("number", d))
	}
	return fmt.Sprintf("strlen(%s)", g.expr("string", d))
}

func (g *generator) boolean(depth int) string {
	d := depth - 1
	switch g.IntN(5) {
	case 0:
		return fmt.Sprintf("%s > %s", g.expr("number", d), g.expr("number", d))
	case 1:
		return fmt.Sprintf("%s == %s", g.expr("string", d), g.expr("string", d))
	case 2:
		return fmt.Sprintf("!(%s)", g.expr("bool", d))
	case 3:
		return fmt.Sprintf("contains(%s, %s)", g.expr("list", d), g.expr("string", d))
	}
	return fmt.Sprintf("(%s) && (%s)", g.expr("bool", d), g.expr("bool", d))
}

func (g *generator) list(depth int) string {
	d := depth - 1
	switch g.IntN(6) {
	case 0:
		return fmt.Sprintf("concat(%s, %s)", g.expr("list", d), g.expr("list", d))
	case 1:
		return fmt.Sprintf("[for e in %s : \"${e}-x\"]", g.expr("list", d))
	case 2:
		return fmt.Sprintf("[for e in %s : upper(e) if e != \"\"]", g.expr("list", d))
	case 3:
		return fmt.Sprintf("split(\"-\", %s)", g.expr("string", d))
	case 4:
		return fmt.Sprintf("distinct(%s)", g.expr("list", d))
	}
	return fmt.Sprintf("[%s, %s]", g.expr("string", d), g.expr("string", d))
}

func (g *generator) mapping(depth int) string {
	d := depth - 1
	switch g.IntN(3) {
	case 0:
		return fmt.Sprintf("merge(%s, %s)", g.expr("map", d), g.expr("map", d))
	case 1:
		return fmt.Sprintf("{ for e in [\"a\", \"b\"] : \"k${e}\" => %s }", g.expr("string", d))
	}
	return fmt.Sprintf("{ k = %s, l = %s }", g.expr("string", d), g.expr("string", d))
}
