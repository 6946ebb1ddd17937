package bake

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// selection is what the requested names come to.
type selection struct {
	targets []string // in order of first mention
	groups  []string // every group gone through, in the same order
	asked   []string // the requested names, patterns expanded
	ranges  map[string]hcl.Range
}

// selectNames expands patterns and groups. Each group is gone through once.
func (r *resolver) selectNames(requested []string) selection {
	if len(requested) == 0 {
		requested = []string{"default"}
	}
	s := selection{ranges: map[string]hcl.Range{}}
	for _, name := range requested {
		names := r.c.matchNames(targetName(name))
		if len(names) == 0 {
			r.report(nothingMatches(name))
		}
		s.asked = append(s.asked, names...)
	}
	s.asked = distinct(s.asked)
	w := groupWalk{r: r, sel: &s, seenGroup: map[string]state{}, seenTarget: map[string]bool{}}
	for _, name := range s.asked {
		w.visit(name, hcl.Range{})
	}
	return s
}

type groupWalk struct {
	r          *resolver
	sel        *selection
	seenGroup  map[string]state
	seenTarget map[string]bool
	stack      []frame
}

// visit adds a target, or all members of a group. A group may have a member
// of its own name: that is the target.
func (w *groupWalk) visit(name string, asked hcl.Range) {
	g := w.r.c.groups[name]
	if g != nil && w.seenGroup[name] == stateBusy {
		if w.r.c.targets[name] == nil {
			w.cycle(name)
			return
		}
		g = nil
	}
	if g == nil {
		if !w.seenTarget[name] {
			w.seenTarget[name] = true
			w.sel.targets = append(w.sel.targets, name)
			w.sel.ranges[name] = asked
		} else if w.r.c.targets[name] == nil {
			w.r.report(unknownTarget(w.r.c, name, asked))
		}
		return
	}
	if w.seenGroup[name] == stateDone {
		return
	}
	w.seenGroup[name] = stateBusy
	w.sel.groups = append(w.sel.groups, name)
	w.stack = append(w.stack, frame{address{kind: "group", name: name}, g.rng})
	for _, m := range g.Targets {
		rng, ok := g.members[m]
		if !ok {
			rng = g.list
		}
		w.visit(m, rng)
	}
	w.stack = w.stack[:len(w.stack)-1]
	w.seenGroup[name] = stateDone
}

func (w *groupWalk) cycle(name string) {
	i := slices.IndexFunc(w.stack, func(f frame) bool { return f.addr.name == name })
	w.r.report(groupCycle(w.stack[i:]))
}

// printedGroups are the groups of the plan: every group gone through, and
// "default", which stands for what was asked for.
func (s *selection) printedGroups(c *Config) []Group {
	byName := map[string]*Group{}
	var out []*Group
	for _, name := range s.groups {
		g := c.groups[name].Group
		g.Targets = slices.Clone(g.Targets)
		byName[name] = &g
		out = append(out, &g)
	}
	for _, name := range s.asked {
		if name == "default" && byName["default"] != nil {
			continue
		}
		if byName["default"] == nil {
			g := &Group{Name: "default"}
			byName["default"] = g
			out = append(out, g)
		}
		byName["default"].Targets = append(byName["default"].Targets, name)
	}
	groups := make([]Group, len(out))
	for i, g := range out {
		if g.Name == "default" {
			g.Targets = distinct(g.Targets)
			slices.Sort(g.Targets)
		}
		groups[i] = *g
	}
	return groups
}
