package bake

import (
	"maps"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Request says what to plan.
type Request struct {
	Targets []string   // names, groups and patterns; none means "default"
	Set     []Override // in the order typed; the order is the order of effect
	Env     Env        // for --set NAME.args.KEY without a value, and SOURCE_DATE_EPOCH

	// Remote is where the definition comes from, nil for files of this machine.
	Remote *Remote

	// NoPolicy replaces every target's policies by one that disables them.
	NoPolicy bool
}

// Plan selects targets, resolves inheritance and overrides, follows links,
// and decodes what will be built. There is no plan when there are errors.
func (c *Config) Plan(req Request) (*Plan, hcl.Diagnostics) {
	r := &resolver{c: c, env: req.Env.overriding(), done: map[string]*resolvedTarget{}}
	r.expandOverrides(req.Set)
	sel := r.selectNames(req.Targets)
	p := &planner{resolver: r, req: req, plan: &Plan{Remote: req.Remote}, targets: map[string]*Target{}, requested: map[string]bool{}}
	for _, name := range sel.targets {
		p.requested[name] = true
	}
	for _, name := range sel.targets {
		p.add(name, sel.ranges[name])
	}
	if r.diags.HasErrors() {
		return nil, sortDiagnostics(r.diags)
	}
	p.warnUnset()
	p.plan.Groups = sel.printedGroups(c)
	p.plan.Needs = needs(p.plan.Targets)
	return p.plan, sortDiagnostics(r.diags)
}

// planner decodes resolved targets, dependencies first.
type planner struct {
	*resolver
	req       Request
	plan      *Plan
	targets   map[string]*Target // nil while being added
	requested map[string]bool
	path      []frame

	changed *changedNumbers    // of the definition, once looked for
	told    map[hcl.Range]bool // those that were warned about
}

// decode makes the typed target. A target nobody requested exports nothing.
func (p *planner) decode(name string, rt *resolvedTarget) *Target {
	attrs := slices.Clone(rt.attrs)
	p.presetEpoch(attrs)
	if p.req.NoPolicy {
		src := &source{kind: KindFlag, owner: name, flag: "--policy disabled=true"}
		off := cell{entry: &entry{attrs: map[string]string{"disabled": "true"}}, src: src}
		attrs[attrPolicy] = &attr{cells: []cell{off}, src: src, over: attrs[attrPolicy]}
	}
	t := &Target{Name: name, Range: rt.own.rng, Linked: !p.requested[name]}
	if t.Linked {
		src := &source{kind: KindDefault, owner: name}
		off := cell{entry: &entry{attrs: map[string]string{"type": "cacheonly"}}, src: src}
		attrs[attrOutput] = &attr{cells: []cell{off}, src: src, over: attrs[attrOutput]}
	}
	for i, a := range attrs {
		if a != nil && (len(a.cells) > 0 || table[i].shape == shapeFields) {
			table[i].decode(t, a)
		}
	}
	for i, s := range t.Secrets {
		if value, ok := p.c.def.secretValues[s]; ok {
			t.Secrets[i].Value = &value
		}
	}
	t.attrs = &resolved{config: p.c, attrs: attrs}
	p.finish(t)
	p.checkValues(t)
	p.checkNumbers(t)
	return t
}

// presetEpoch adds SOURCE_DATE_EPOCH of the environment to the arguments.
func (p *planner) presetEpoch(attrs []*attr) {
	value := p.req.Env[sourceDateEpoch]
	if value == "" || attrs[attrArgs].find(sourceDateEpoch) != nil {
		return
	}
	src := &source{kind: KindEnv, flag: "$" + sourceDateEpoch}
	next := &attr{src: src, cells: []cell{{key: sourceDateEpoch, val: cty.StringVal(value), src: src}}}
	if attrs[attrArgs] != nil {
		next = mergeCells(attrs[attrArgs], next)
	}
	attrs[attrArgs] = next
}

// finish sets defaults and cleans paths.
func (p *planner) finish(t *Target) {
	if t.attrs.attrs[attrContext] == nil {
		t.Context = rebase(t.attrs.config.targets[t.Name].dir, ".")
	}
	p.finishPaths(t)
	if t.Dockerfile == "" {
		t.Dockerfile = "Dockerfile"
	}
	for i, o := range t.Outputs {
		asTar, err := strconv.ParseBool(o.Attrs["tar"])
		if o.Dest == "" && (o.Type == "tar" || o.Type == "oci" && (err != nil || asTar)) {
			t.Outputs[i].Dest = "-"
		}
	}
	if t.Context == "-" {
		p.report(stdinNotAllowed(t, "context"))
	}
	if t.Dockerfile == "-" {
		p.report(stdinNotAllowed(t, "dockerfile"))
	}
}

// needs gathers the entitlements of all targets, sorted by name.
func needs(targets []*Target) []Entitlement {
	by := map[string][]string{}
	for _, t := range targets {
		for _, e := range t.Entitlements {
			by[e] = append(by[e], t.Name)
		}
	}
	var out []Entitlement
	for _, name := range slices.Sorted(maps.Keys(by)) {
		out = append(out, Entitlement{Name: name, Targets: by[name]})
	}
	return out
}
