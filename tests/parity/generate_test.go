package parity

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// program is a random definition and how it is run. It is kept in pieces, so
// that a failing one can be made smaller piece by piece.
type program struct {
	files []*programFile
	env   map[string]string
	args  []string
}

type programFile struct {
	name   string // path without extension
	json   bool
	blocks []*programBlock
}

// programBlock is a block with its attributes, or a top-level attribute when
// it has no head.
type programBlock struct {
	head  string
	attrs []string
}

func (f *programFile) hcl() string {
	var b strings.Builder
	for _, block := range f.blocks {
		if block.head == "" {
			b.WriteString(strings.Join(block.attrs, "\n") + "\n")
			continue
		}
		fmt.Fprintf(&b, "%s {\n", block.head)
		for _, attr := range block.attrs {
			fmt.Fprintf(&b, "  %s\n", attr)
		}
		b.WriteString("}\n")
	}
	if b.Len() == 0 {
		return "# empty\n"
	}
	return b.String()
}

// text is the name and the text of the file in the syntax chosen for it.
func (f *programFile) text() (string, []byte, error) {
	if !f.json {
		return f.name + ".hcl", []byte(f.hcl()), nil
	}
	text, err := toJSON([]byte(f.hcl()), f.name)
	return f.name + ".json", text, err
}

// write puts the files of the program below dir and returns its run.
func (p *program) write(dir string) (run, error) {
	r := run{Dir: dir, Env: p.env}
	for _, f := range p.files {
		name, text, err := f.text()
		if err != nil {
			return r, err
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return r, err
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return r, err
		}
		r.Args = append(r.Args, "-f", name)
	}
	r.Args = append(r.Args, p.args...)
	return r, nil
}

func (p *program) String() string {
	var b strings.Builder
	fmt.Fprintln(&b, run{Env: p.env, Args: p.args})
	for _, f := range p.files {
		name, text, _ := f.text()
		fmt.Fprintf(&b, "-- %s --\n%s", name, text)
	}
	return b.String()
}

// generator makes programs. What it knows of a program steers it away from
// the differences that are listed: targets of several blocks are not referred
// to, names of matrices are used by nothing else, overrides of one target do
// not depend on their order, and no list that an override appends to holds
// duplicates.
type generator struct {
	*rand.Rand
	p         *program
	variables []genVariable
	functions []genFunction
	globals   map[string]string // name to type
	targets   []genTarget
	groups    []string
	nestable  []string          // groups that may be members: those that are not empty
	scope     map[string]string // extra names: parameters or matrix keys
	overrides bool
	caches    bool // a target has cache-from
	alone     bool // targets neither inherit nor link, so lists may hold duplicates
}

type genVariable struct{ name, kind string }

type genFunction struct {
	name   string
	params int
}

type genTarget struct {
	name   string
	blocks int
	matrix bool
	empty  bool     // a matrix without instances
	args   []string // argument names that its only block sets
	tags   bool
	ready  bool // may be referred to
}

func generate(seed uint64) *program {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 7)), globals: map[string]string{}, scope: map[string]string{}}
	g.p = &program{env: map[string]string{}}
	for i := range 1 + g.IntN(3) {
		name := pick(g, "", "", "d/") + fmt.Sprintf("f%d", i)
		g.p.files = append(g.p.files, &programFile{name: name, json: g.chance(30)})
	}
	g.alone = g.chance(10)
	g.overrides = !g.alone && g.chance(60)
	g.addVariables()
	g.addFunctions()
	g.addGlobals()
	g.addTargets()
	g.addGroups()
	g.addRequest()
	if g.chance(15) {
		g.p.env["BUILDX_BAKE_FILE_RELATIVE_PATHS"] = "1"
	}
	if g.chance(5) {
		g.addMistake()
	}
	for _, f := range g.p.files {
		g.Shuffle(len(f.blocks), func(i, j int) {
			// Blocks of the same head keep their order: it has a meaning.
			if f.blocks[i].head != f.blocks[j].head && !g.repeated(f.blocks[i]) && !g.repeated(f.blocks[j]) {
				f.blocks[i], f.blocks[j] = f.blocks[j], f.blocks[i]
			}
		})
	}
	return g.p
}

func (g *generator) repeated(b *programBlock) bool {
	n := 0
	for _, f := range g.p.files {
		for _, other := range f.blocks {
			if other.head == b.head {
				n++
			}
		}
	}
	return n > 1
}

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func pick[T any](g *generator, items ...T) T { return items[g.IntN(len(items))] }

func (g *generator) file() *programFile { return g.p.files[g.IntN(len(g.p.files))] }

// add puts a block into some file.
func (g *generator) add(head string, attrs ...string) {
	f := g.file()
	f.blocks = append(f.blocks, &programBlock{head: head, attrs: attrs})
}

func (g *generator) addVariables() {
	kinds := []string{"string", "number", "bool", "list", "map"}
	for i := range g.IntN(6) {
		v := genVariable{name: fmt.Sprintf("V%d", i), kind: pick(g, kinds...)}
		var attrs []string
		typed := g.chance(50)
		if typed {
			attrs = append(attrs, "type = "+map[string]string{"string": "string", "number": "number", "bool": "bool",
				"list": pick(g, "list(string)", "set(string)"), "map": "map(string)"}[v.kind])
		}
		attrs = append(attrs, "default = "+g.expr(v.kind, 1))
		if g.chance(15) {
			attrs = append(attrs, `description = "about it"`)
		}
		if g.chance(10) {
			attrs = append(attrs, g.validation(v))
		}
		g.add(fmt.Sprintf("variable %q", v.name), attrs...)
		if g.chance(5) {
			g.add(fmt.Sprintf("variable %q", v.name), attrs[:len(attrs)-1]...)
		}
		g.variables = append(g.variables, v)
		g.override(v, typed)
	}
}

// validation is a rule for a variable that holds or not.
func (g *generator) validation(v genVariable) string {
	condition := pick(g, fmt.Sprintf("jsonencode(%s) != \"[]\"", v.name), "true", fmt.Sprintf("%s != null", v.name),
		fmt.Sprintf("can(length(%s))", v.name), "!false")
	return fmt.Sprintf("validation {\n    condition = %s\n    error_message = \"broken: ${jsonencode(%s)}\"\n  }", condition, v.name)
}

// override gives a variable a value from outside, now and then one that does
// not fit.
func (g *generator) override(v genVariable, typed bool) {
	if !g.chance(35) {
		return
	}
	text := map[string]string{
		"string": pick(g, "from-env", "", "1.0", "a,b"),
		"number": pick(g, "0", "42", "1.5", "-3"),
		"bool":   pick(g, "true", "0", "f", "TRUE"),
		"list":   pick(g, "x", "x,y", "\"q,r\",s", "b,a,b"),
		"map":    pick(g, "k:v", "k:1,l:2"),
	}[v.kind]
	switch {
	case typed && v.kind == "list" && g.chance(30):
		g.p.env[v.name+"_JSON"] = `["j1","j2"]`
	case g.chance(3):
		g.p.env[v.name] = "no number, no bool"
	case !typed && (v.kind == "list" || v.kind == "map"):
	case g.chance(30):
		g.p.args = append(g.p.args, "--var", v.name+"="+text)
	default:
		g.p.env[v.name] = text
	}
}

func (g *generator) addFunctions() {
	for i := range g.IntN(4) {
		f := genFunction{name: fmt.Sprintf("fn%d", i), params: g.IntN(3)}
		var params []string
		g.scope = map[string]string{}
		for j := range f.params {
			params = append(params, fmt.Sprintf("p%d", j))
			g.scope[params[j]] = "string"
		}
		attrs := []string{"params = [" + strings.Join(params, ", ") + "]"}
		if g.chance(20) {
			attrs = append(attrs, "variadic_params = rest")
			g.scope["rest"] = "list"
		}
		attrs = append(attrs, "result = "+g.expr("string", 2))
		g.scope = map[string]string{}
		g.add(fmt.Sprintf("function %q", f.name), attrs...)
		g.functions = append(g.functions, f)
	}
}

func (g *generator) addGlobals() {
	for i := range g.IntN(4) {
		name := fmt.Sprintf("g%d", i)
		kind := pick(g, "string", "string", "number", "list", "map")
		value := g.expr(kind, 2)
		g.add("", name+" = "+value)
		g.globals[name] = kind
	}
}

func (g *generator) addTargets() {
	n := 1 + g.IntN(7)
	for i := range n {
		t := genTarget{name: pick(g, fmt.Sprintf("t%d", i), fmt.Sprintf("app-%d", i), fmt.Sprintf("_x%d", i)), blocks: 1}
		if i == 0 && g.chance(50) {
			t.name = "default"
		}
		if g.chance(20) {
			t.blocks = 2 + g.IntN(2)
		}
		t.matrix = t.blocks == 1 && g.chance(20)
		g.targets = append(g.targets, t)
		for range t.blocks {
			g.addTarget(&g.targets[i])
		}
		g.targets[i].ready = t.blocks == 1 && !t.matrix
	}
}

func (g *generator) addTarget(t *genTarget) {
	var attrs []string
	if t.matrix {
		attrs = append(attrs, g.matrix(t)...)
	}
	var bases []string
	for _, other := range g.targets[:len(g.targets)-1] {
		if !g.alone && !other.matrix && g.chance(25) {
			bases = append(bases, fmt.Sprintf("%q", other.name))
		}
	}
	if len(bases) > 0 {
		g.Shuffle(len(bases), func(i, j int) { bases[i], bases[j] = bases[j], bases[i] })
		attrs = append(attrs, "inherits = ["+strings.Join(bases, ", ")+"]")
	}
	for _, name := range slices.Sorted(maps.Keys(attributeMakers)) {
		if g.chance(18) {
			attrs = append(attrs, name+" = "+attributeMakers[name](g, t))
		}
	}
	g.scope = map[string]string{}
	g.add(fmt.Sprintf("target %q", t.name), attrs...)
	if t.matrix && g.chance(15) {
		g.add(fmt.Sprintf("target %q", t.name+"-a"), "args = { EXTRA = \"x\" }", "tags = [\"extended:1\"]")
	}
}

// matrix gives a target a matrix of one or two keys and names its instances.
func (g *generator) matrix(t *genTarget) []string {
	var keys, name []string
	for i := range 1 + g.IntN(2) {
		key := fmt.Sprintf("%s_m%d", strings.NewReplacer("-", "_").Replace(t.name), i)
		values := pick(g, []string{`"a"`, `"b"`}, []string{`"1"`}, []string{"1", "2", "3"}, []string{`"x.y"`, `"z"`})
		if g.chance(3) {
			values, t.empty = nil, true
		}
		list := "[" + strings.Join(values, ", ") + "]"
		if g.chance(20) {
			list = fmt.Sprintf("distinct(concat([\"first\"], %s))", list)
		}
		keys = append(keys, key+" = "+list)
		name = append(name, "${sanitize("+key+")}")
		g.scope[key] = "string"
	}
	return []string{
		"matrix = { " + strings.Join(keys, ", ") + " }",
		fmt.Sprintf(`name = "%s-%s"`, t.name, strings.Join(name, "-")),
	}
}

func (g *generator) addGroups() {
	for i := range g.IntN(4) {
		name := fmt.Sprintf("grp%d", i)
		if i == 0 && g.chance(40) {
			name = "default"
		}
		var members []string
		for _, t := range g.targets {
			if !t.empty && g.chance(40) {
				members = append(members, t.name)
			}
		}
		for _, other := range g.nestable {
			if g.chance(40) {
				members = append(members, other)
			}
		}
		if name == "default" && len(members) == 0 {
			continue // a target of that name may be a member of other groups
		}
		if len(members) > 0 && name != "default" {
			g.nestable = append(g.nestable, name)
		}
		g.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		for i := range members {
			members[i] = fmt.Sprintf("%q", members[i])
		}
		attrs := []string{"targets = [" + strings.Join(members, ", ") + "]"}
		if len(g.groups) > 0 && g.chance(10) {
			attrs[0] = fmt.Sprintf("targets = concat(group.%s.targets, [%s])", pick(g, g.groups...), strings.Join(members, ", "))
		}
		if g.chance(20) {
			attrs = append(attrs, `description = "some of them"`)
		}
		g.add(fmt.Sprintf("group %q", name), attrs...)
		g.groups = append(g.groups, name)
	}
}

// addMistake spoils the program.
func (g *generator) addMistake() {
	g.add("", "broken = "+pick(g, "nosuch", "nosuch(1)", `upper(["x"])`, "target.nosuch.tags", `{ a = 1 }.b`, `["a"][3]`))
}
