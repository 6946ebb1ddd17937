package bake

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Given is what a plan has read that its definition does not say: values of the
// environment and of --var. It is what the same plan can be made of again.
type Given struct {
	Values map[string]string // by the name that they were given under
	Hidden []string          // names, sorted, of those whose values may be secret
}

// Given returns what the targets of the plan have read, themselves or by what
// they refer to. What only secrets and SSH keys have read is left out.
func (p *Plan) Given() Given {
	r := &givenReader{done: map[hcl.Expression]bool{}, seen: map[string]bool{}, values: map[string]string{}, secret: map[string]bool{}}
	for _, t := range p.Targets {
		if t.attrs != nil && t.attrs.config != nil {
			r.c = t.attrs.config
			r.target(t)
		}
	}
	if r.c == nil {
		return Given{}
	}
	for _, g := range p.Groups {
		for _, b := range r.c.def.groups {
			if b.label == g.Name && b.attrs[groupTargets] != nil {
				r.expr(b.attrs[groupTargets].Expr, nil)
			}
		}
	}
	maps.Copy(r.values, r.c.def.composeReads)
	out := Given{Values: map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(r.values)) {
		if r.secret[name] || MayBeSecret(name, r.values[name]) {
			out.Hidden = append(out.Hidden, name)
			continue
		}
		out.Values[name] = r.values[name]
	}
	return out
}

// secretWords are words in the names of things that are kept secret: some
// anywhere, the short ones where they stand by themselves.
var secretWords = regexp.MustCompile(`(?i)secret|token|password|passwd|passphrase|credential|api_?key|(^|[^a-z])((access|private|ssh|signing)?keys?|pass|pw|auth|authorization|pat|creds|salt|cookie)([^a-z]|$)`)

// secretValue is a value that is secret whatever it is called: a URL with a
// login in it, or a key.
var secretValue = regexp.MustCompile(`://[^/\s@]+@|-----BEGIN [A-Z ]*PRIVATE KEY`)

// MayBeSecret reports whether a value is better not shown or written down, by
// its name or by what it is.
func MayBeSecret(name, value string) bool {
	words := camel.ReplaceAllString(name, "${1}_$2")
	return secretWords.MatchString(words) || secretValue.MatchString(value)
}

// camel is where a word ends within a name such as npmToken.
var camel = regexp.MustCompile(`([a-z0-9])([A-Z])`)

// givenReader follows what expressions refer to. Everything is followed once.
type givenReader struct {
	c      *Config
	done   map[hcl.Expression]bool
	seen   map[string]bool // variables, functions and attributes of targets
	values map[string]string
	secret map[string]bool // names that secrets are taken from
}

// target follows the attributes of a target of the plan.
func (r *givenReader) target(t *Target) {
	for _, s := range t.Secrets {
		if name := s.variable(); name != "" {
			r.secret[name] = true
		}
	}
	for i, a := range t.attrs.attrs {
		if a == nil || i == attrSecret || i == attrSSH {
			continue
		}
		r.source(a.src)
		for n := range a.cells {
			r.cell(&a.cells[n])
		}
	}
}

// cell follows one value. What has the name of a secret is passed over where it
// stands by itself.
func (r *givenReader) cell(c *cell) {
	s := c.src
	switch {
	case s == nil:
	case s.kind == KindEnv && isString(c.val):
		r.values[strings.TrimPrefix(s.flag, "$")] = c.val.AsString()
	case s.attr == nil:
	case c.key != "" && entryExpr(s.attr.Expr, c.key) != nil:
		r.block(s.inst)
		if !MayBeSecret(c.key, "") {
			r.expr(entryExpr(s.attr.Expr, c.key), s.inst)
		}
	default:
		r.block(s.inst)
		r.expr(s.attr.Expr, s.inst)
	}
}

// source follows an attribute that has no values, and so none to follow.
func (r *givenReader) source(s *source) {
	if s == nil || s.attr == nil {
		return
	}
	r.block(s.inst)
	if _, diags := hcl.ExprMap(s.attr.Expr); diags.HasErrors() {
		r.expr(s.attr.Expr, s.inst)
	}
}

// block follows what the names of the instances of a block depend on.
func (r *givenReader) block(inst *instance) {
	if inst == nil || inst.block == nil {
		return
	}
	for _, a := range []*hcl.Attribute{inst.block.name, inst.block.matrix} {
		if a != nil {
			r.expr(a.Expr, inst)
		}
	}
}

func (r *givenReader) expr(expr hcl.Expression, inst *instance) {
	if r.done[expr] {
		return
	}
	r.done[expr] = true
	for _, t := range expr.Variables() {
		name := t.RootName()
		switch {
		case name == "target" || name == "group":
			r.reference(t)
		case inst != nil && inst.ctx != nil && inChild(inst.ctx, r.c.eval.ctx, name): // of the matrix
		default:
			r.global(name)
		}
	}
	if len(r.c.def.functions) > 0 {
		for _, call := range calls(expr) {
			r.function(call.Name)
		}
	}
}

// function follows what a function of the definition reads besides its
// parameters.
func (r *givenReader) function(name string) {
	f := r.c.def.functions[name]
	if f == nil || f.result == nil || isLibrary(name) || r.seen["function."+name] {
		return
	}
	r.seen["function."+name] = true
	names, _, _ := f.parameters()
	for _, t := range f.result.Expr.Variables() {
		if !slices.Contains(names, t.RootName()) {
			r.global(t.RootName())
		}
	}
	for _, call := range calls(f.result.Expr) {
		r.function(call.Name)
	}
}

// reference follows target.NAME.ATTRIBUTE.
func (r *givenReader) reference(t hcl.Traversal) {
	if len(t) < 3 {
		return
	}
	name, ok := t[1].(hcl.TraverseAttr)
	attr, ok2 := t[2].(hcl.TraverseAttr)
	if !ok || !ok2 || r.c.targets[name.Name] == nil {
		return
	}
	key := "target." + name.Name + "." + attr.Name
	i := rowOf(attr.Name)
	if i < 0 || r.seen[key] {
		return
	}
	r.seen[key] = true
	if a := r.c.targets[name.Name].attrs[i]; a != nil && a.src != nil && a.src.attr != nil {
		r.expr(a.src.attr.Expr, a.src.inst)
	}
}

// global follows a variable or top-level attribute: what was given for it, else
// what its default reads.
func (r *givenReader) global(name string) {
	g := r.c.globals[name]
	if g == nil || r.seen["variable."+name] {
		return
	}
	r.seen["variable."+name] = true
	switch {
	case g.override != nil:
		r.values[g.override.name] = g.override.text
	case g.attr != nil:
		r.expr(g.attr.Expr, nil)
	}
	if g.decl == nil {
		return
	}
	for _, v := range g.decl.validations {
		if v.condition != nil {
			r.expr(v.condition, nil)
		}
	}
}
