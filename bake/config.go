package bake

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// Config is what a definition means: its targets with their own values, its
// groups and its variables, before anything is selected, inherited or
// overridden. It is immutable.
type Config struct {
	def     *Definition
	targets map[string]*ownTarget
	names   []string // target names, in source order
	groups  map[string]*ownGroup
	order   []string // group names, in source order, those of matrices last
	globals map[string]*global
	eval    *evaluator // for origins: what expressions read

	descriptions map[string]string // of variables
}

// ownTarget is a target's own attributes, merged over all its blocks.
type ownTarget struct {
	name     string
	attrs    []*attr
	rng      hcl.Range
	inherits []string
	dir      string // what contexts are relative to, when that is the file
}

type ownGroup struct {
	Group
	rng     hcl.Range
	members map[string]hcl.Range // where each member is written, if known
	list    hcl.Range            // the targets attribute
}

func (e *evaluator) config() *Config {
	c := &Config{
		def:     e.def,
		targets: make(map[string]*ownTarget, len(e.names)),
		names:   e.names,
		groups:  make(map[string]*ownGroup, len(e.groups)),
		globals: e.globals,
		eval:    e,

		descriptions: map[string]string{},
	}
	for _, name := range e.def.varOrder {
		c.descriptions[name] = e.constant(e.def.variables[name].description)
	}
	for _, name := range e.names {
		c.targets[name] = ownTargetOf(name, e.byName[name])
	}
	for _, name := range e.groupList {
		c.groups[name] = ownGroupOf(e.groups[name])
		c.order = append(c.order, name)
	}
	c.addMatrixGroups(e)
	if e.def.fileRel {
		c.rebaseContexts(e.lastBlocks())
	}
	return c
}

// lastBlocks gives the last block of each target.
func (e *evaluator) lastBlocks() map[string]*block {
	last := make(map[string]*block, len(e.byName))
	for name, insts := range e.byName {
		last[name] = insts[len(insts)-1].block
	}
	return last
}

func ownTargetOf(name string, insts []*instance) *ownTarget {
	t := &ownTarget{name: name, attrs: slices.Clone(insts[0].attrs), rng: insts[0].block.rng}
	for _, inst := range insts[1:] {
		for i := range table {
			next := inst.attrs[i]
			if i == attrCacheFrom && t.attrs[i] == nil {
				next = table[i].normalise(next) // buildx drops repetitions of each later block, which shows in the order
			}
			t.attrs[i] = table[i].combine(t.attrs[i], next)
		}
	}
	t.inherits = t.attrs[attrInherits].list()
	return t
}

func ownGroupOf(inst *instance) *ownGroup {
	g := &ownGroup{rng: inst.block.rng, members: map[string]hcl.Range{}}
	g.Name = inst.name
	g.Description = inst.attrs[groupDescription].text()
	if inst.attrs[groupTargets] != nil { // null is printed as null
		g.Targets = append([]string{}, distinct(inst.attrs[groupTargets].list())...)
	}
	if a := inst.block.attrs[groupTargets]; a != nil {
		g.list = a.Expr.Range()
		for name, rng := range elementRanges(a.Expr) {
			g.members[name] = rng
		}
	}
	return g
}

// elementRanges tells where the literal strings of a list are written.
func elementRanges(expr hcl.Expression) map[string]hcl.Range {
	exprs, diags := hcl.ExprList(expr)
	if diags.HasErrors() {
		return nil
	}
	out := make(map[string]hcl.Range, len(exprs))
	for _, x := range exprs {
		if v, diags := x.Value(nil); !diags.HasErrors() && isString(v) {
			if _, ok := out[v.AsString()]; !ok {
				out[v.AsString()] = x.Range()
			}
		}
	}
	return out
}

// addMatrixGroups makes a group of the instances of each label that does not
// simply name itself. A group block of that name wins. A Compose service of
// that name is no instance: what HCL makes of the label stands alone for it.
func (c *Config) addMatrixGroups(e *evaluator) {
	byLabel := map[string][]string{}
	rngs := map[string]hcl.Range{}
	var labels []string
	for _, inst := range e.instances {
		if inst.block.kind != "target" || inst.name == "" || inst.block.compose {
			continue
		}
		label := inst.block.label
		if _, ok := rngs[label]; !ok {
			labels = append(labels, label)
			rngs[label] = inst.block.rng
		}
		byLabel[label] = append(byLabel[label], inst.name)
	}
	for _, label := range labels {
		members := distinct(byLabel[label])
		if len(members) == 1 && members[0] == label {
			continue
		}
		if c.groups[label] != nil {
			continue
		}
		c.groups[label] = &ownGroup{Group: Group{Name: label, Targets: members}, rng: rngs[label]}
		c.order = append(c.order, label)
	}
}

// distinct drops repetitions, keeping first occurrences.
func distinct(names []string) []string {
	if len(names) < 2 {
		return names
	}
	seen := make(map[string]bool, len(names))
	out := make([]string, 0, len(names))
	for _, n := range names {
		if !seen[n] {
			seen[n] = true
			out = append(out, n)
		}
	}
	return out
}

// SecretVariables are the environment variables that targets have as secrets.
func (c *Config) SecretVariables() []string {
	var out []string
	for _, name := range c.names {
		a := c.targets[name].attrs[attrSecret]
		if a == nil {
			continue
		}
		for _, s := range a.secrets() {
			if name := s.variable(); name != "" {
				out = append(out, name)
			}
		}
	}
	return distinct(out)
}
