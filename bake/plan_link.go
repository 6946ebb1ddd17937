package bake

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

func (p *planner) add(name string, asked hcl.Range) *Target {
	if t, ok := p.targets[name]; ok {
		switch {
		case t == nil && p.onPath(name):
			p.linkCycle(name)
		case p.c.targets[name] == nil:
			p.report(unknownTarget(p.c, name, asked))
		}
		return t
	}
	p.targets[name] = nil
	rt := p.resolve(name, asked)
	if rt == nil {
		return nil
	}
	t := p.decode(name, rt)
	p.path = append(p.path, frame{address{kind: "target", name: name}, rt.own.rng})
	p.link(t, rt)
	p.path = p.path[:len(p.path)-1]
	p.targets[name] = t
	p.plan.Targets = append(p.plan.Targets, t)
	return t
}

// onPath tells whether a target without a decoded value is on the path of links.
func (p *planner) onPath(name string) bool {
	return slices.ContainsFunc(p.path, func(f frame) bool { return f.addr.name == name })
}

// link follows the target's named contexts that are results of other targets.
// What a linked target may need, its consumer needs too.
func (p *planner) link(t *Target, rt *resolvedTarget) {
	contexts := rt.attrs[attrContexts]
	if contexts == nil {
		return
	}
	for i := range contexts.cells {
		c := &contexts.cells[i]
		name, ok := strings.CutPrefix(c.text(), "target:")
		if !ok {
			continue
		}
		if name == t.Name {
			p.report(linkToItself(t, c))
			continue
		}
		linked := p.add(name, c.rng())
		if linked == nil {
			continue
		}
		t.Links = append(t.Links, Link{Context: c.key, Target: linked})
		for _, e := range linked.Entitlements {
			if !slices.Contains(t.Entitlements, e) {
				t.Entitlements = append(t.Entitlements, e)
			}
		}
		if lacksPlatform(t.Platforms, linked.Platforms) {
			p.report(linkPlatforms(t, linked, c))
		}
	}
}

func (p *planner) linkCycle(name string) {
	i := slices.IndexFunc(p.path, func(f frame) bool { return f.addr.name == name })
	p.report(linkCycle(p.path[i:]))
}
