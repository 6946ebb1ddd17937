package bake

import (
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// resolver turns own targets into resolved ones: base targets first, then the
// target's own attributes, then its overrides. Each target is resolved once.
type resolver struct {
	c         *Config
	env       Env
	overrides map[string][]*override // by exact target name
	done      map[string]*resolvedTarget
	stack     []frame
	diags     hcl.Diagnostics
}

// resolvedTarget is a target after inheritance and overrides.
type resolvedTarget struct {
	own   *ownTarget
	attrs []*attr
	busy  bool
}

func (r *resolver) report(diags ...*hcl.Diagnostic) { r.diags = append(r.diags, diags...) }

// expandOverrides finds the targets that each override applies to.
func (r *resolver) expandOverrides(list []Override) {
	r.overrides = map[string][]*override{}
	for i, o := range list {
		ov := &override{Override: o, place: i + 1}
		names, err := r.c.matchTargets(o.Pattern)
		if err != nil {
			r.report(badPattern(o, err))
			continue
		}
		if len(names) == 0 {
			r.report(noTargetMatches(o, r.c))
		}
		for _, name := range names {
			r.overrides[name] = append(r.overrides[name], ov)
		}
	}
}

// matchTargets returns the targets a --set pattern means: the one of that
// very name, else all that match.
func (c *Config) matchTargets(pattern string) ([]string, error) {
	if c.targets[pattern] != nil {
		return []string{pattern}, nil
	}
	if pattern == "*" {
		return c.names, nil
	}
	var names []string
	for _, name := range c.names {
		ok, err := path.Match(pattern, name)
		if err != nil {
			return nil, err
		}
		if ok {
			names = append(names, name)
		}
	}
	return names, nil
}

// resolve returns the target of that name, or nil when it does not exist or
// depends on itself, which is then reported.
func (r *resolver) resolve(name string, asked hcl.Range) *resolvedTarget {
	if t, ok := r.done[name]; ok {
		if t != nil && t.busy {
			r.inheritCycle(name)
			return nil
		}
		return t
	}
	own := r.c.targets[name]
	if own == nil {
		r.report(unknownTarget(r.c, name, asked))
		return nil
	}
	t := &resolvedTarget{own: own, busy: true}
	r.done[name] = t
	r.stack = append(r.stack, frame{address{kind: "target", name: name}, own.rng})
	t.attrs = r.inherit(own)
	r.stack = r.stack[:len(r.stack)-1]
	for _, err := range applyOverrides(name, t.attrs, r.overrides[name], r.env) {
		r.report(badSet(err))
	}
	normaliseAll(t.attrs)
	t.busy = false
	return t
}

// inherit merges base targets in listed order and the target's own attributes
// over them.
func (r *resolver) inherit(own *ownTarget) []*attr {
	attrs := make([]*attr, len(table))
	for _, base := range own.inherits {
		b := r.resolve(base, memberRange(own.attrs[attrInherits], base))
		if b == nil {
			continue
		}
		for i := range table {
			if !saysNothing(&table[i], b.attrs[i]) {
				attrs[i] = table[i].combine(attrs[i], b.attrs[i])
			}
		}
	}
	for i := range table {
		attrs[i] = table[i].combine(attrs[i], own.attrs[i])
	}
	attrs[attrInherits] = own.attrs[attrInherits]
	// The order of what an override appends to shows in print, so repetitions
	// go where buildx drops them: cache-from before, other lists after.
	attrs[attrCacheFrom] = table[attrCacheFrom].normalise(attrs[attrCacheFrom])
	return attrs
}

// saysNothing tells an empty list of objects and a list that an override has
// cleared, which in a base target count as not set: what an earlier base says
// stays.
func saysNothing(row *attribute, a *attr) bool {
	return a != nil && (a.unset || row.shape == shapeEntries && len(a.cells) == 0)
}

// memberRange tells where one string of a list is written.
func memberRange(a *attr, text string) hcl.Range {
	for _, c := range a.cells {
		if c.text() != text || c.src.attr == nil {
			continue
		}
		if rng, ok := elementRanges(c.src.attr.Expr)[text]; ok {
			return rng
		}
		return c.src.attr.Expr.Range()
	}
	return hcl.Range{}
}

func (r *resolver) inheritCycle(name string) {
	for i := range r.stack {
		if r.stack[i].addr.name == name {
			r.report(inheritCycle(r.stack[i:]))
			return
		}
	}
}

// normaliseAll brings all attributes into their final form. network=host asks
// for the privilege it needs.
func normaliseAll(attrs []*attr) {
	if n := attrs[attrNetwork]; n != nil && n.text() == "host" {
		src := n.cells[0].src
		need := &attr{src: src, cells: []cell{{val: cty.StringVal("network.host"), src: src}}}
		attrs[attrEntitlements] = table[attrEntitlements].join(attrs[attrEntitlements], need)
	}
	for i, a := range attrs {
		if a != nil {
			attrs[i] = table[i].normalise(a)
		}
	}
}

// isPattern tells whether a name on the command line is a pattern.
func isPattern(name string) bool { return strings.ContainsAny(name, "*?[]") }

// targetName replaces the dots that Compose allows in service names.
func targetName(name string) string { return strings.ReplaceAll(name, ".", "_") }

// matchNames returns the groups and targets that a name on the command line
// means.
func (c *Config) matchNames(pattern string) []string {
	if !isPattern(pattern) {
		return []string{pattern}
	}
	var names []string
	for _, name := range slices.Concat(c.order, c.names) {
		if ok, err := path.Match(pattern, name); ok && err == nil {
			names = append(names, name)
		}
	}
	return names
}
