package bake

import (
	"cmp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// Listed is a target or group as --list shows it.
type Listed struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"` // of a group with its members
	Group       bool   `json:"group,omitempty"`
}

// ListTargets returns the targets and groups of the definition, sorted by
// name. Names that begin with "_" are private and left out.
func (c *Config) ListTargets() []Listed {
	var out []Listed
	for _, name := range c.names {
		out = append(out, Listed{Name: name, Description: c.targets[name].attrs[attrDescription].text()})
	}
	for _, name := range c.order {
		g := c.groups[name]
		members := slices.Sorted(slices.Values(g.Targets))
		desc := strings.Join(members, ", ")
		switch {
		case len(members) == 0:
			desc = g.Description
		case g.Description != "":
			desc = g.Description + " (" + desc + ")"
		}
		out = append(out, Listed{Name: name, Description: desc, Group: true})
	}
	out = slices.DeleteFunc(out, func(l Listed) bool { return strings.HasPrefix(l.Name, "_") })
	slices.SortStableFunc(out, func(a, b Listed) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// Names returns every group and target that can be asked for, private ones
// included, groups first: what completion offers.
func (c *Config) Names() []string { return distinct(slices.Concat(c.order, c.names)) }

// Has tells whether a word of the command line names a target or group, or as a
// pattern matches one.
func (c *Config) Has(word string) bool {
	return slices.ContainsFunc(c.matchNames(targetName(word)), func(name string) bool {
		return c.targets[name] != nil || c.groups[name] != nil
	})
}

// ListedVariable is a variable as --list shows it.
type ListedVariable struct {
	Name        string  `json:"name"`
	Description string  `json:"description,omitempty"`
	Type        string  `json:"type,omitempty"`
	Value       *string `json:"value,omitempty"` // nil for null
}

// ListVariables returns the variables of the definition with their values,
// sorted by name. Lists and objects are shown as JSON.
func (c *Config) ListVariables() []ListedVariable {
	out := make([]ListedVariable, 0, len(c.def.varOrder))
	for _, name := range slices.Sorted(slices.Values(c.def.varOrder)) {
		if _, builtin := c.eval.scope.Builtins[name]; builtin || slices.Contains(topLevel[:2], name) {
			continue
		}
		g := c.globals[name]
		l := ListedVariable{Name: name, Description: c.descriptions[name]}
		if g.typed {
			l.Type = g.typ.FriendlyNameForConstraint()
		}
		l.Value = shownValue(g)
		out = append(out, l)
	}
	return out
}

func shownValue(g *global) *string {
	if g.val == cty.NilVal || g.val.IsNull() || !g.val.IsWhollyKnown() {
		return nil
	}
	if g.val.Type().IsPrimitiveType() {
		if v, err := convert.Convert(g.val, cty.String); err == nil {
			s := v.AsString()
			return &s
		}
	}
	ty := g.val.Type()
	if g.typed {
		ty = g.typ
	}
	data, err := ctyjson.Marshal(g.val, ty)
	if err != nil {
		return nil
	}
	s := string(data)
	return &s
}
