package bake

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Explained is one value of a plan and where it comes from.
type Explained struct {
	Path   string  `json:"path"` // TARGET.ATTRIBUTE, TARGET.ATTRIBUTE.KEY, TARGET.ATTRIBUTE[N] or variable.NAME
	Value  string  `json:"value"`
	Origin *Origin `json:"origin"`
}

// Explain tells where values come from: of a whole target, of one attribute,
// or of one key of it. The path is TARGET[.ATTRIBUTE[.KEY]]; the key may
// contain dots.
func (p *Plan) Explain(path string) ([]Explained, hcl.Diagnostics) {
	parts := strings.SplitN(path, ".", 3)
	t := p.Target(parts[0])
	if t == nil {
		for _, g := range p.Groups {
			if g.Name == parts[0] {
				return nil, hcl.Diagnostics{errorAt("group-not-target", nowhere, "Group where a target is needed",
					"%q is a group, and only targets have attributes. Its members are %s.", g.Name, list(g.Targets))}
			}
		}
		names := make([]string, len(p.Targets))
		for i, t := range p.Targets {
			names[i] = t.Name
		}
		return nil, hcl.Diagnostics{errorAt("unknown-target", nowhere, "Unknown target",
			"There is no target named %q.%s", parts[0], didYouMean(parts[0], names))}
	}
	if len(parts) == 1 {
		var out []Explained
		for i := range table {
			out = append(out, t.explainAttribute(i)...)
		}
		return out, nil
	}
	i := rowOf(parts[1])
	if i < 0 {
		known := attributeNames()[:len(table)]
		return nil, hcl.Diagnostics{errorAt("unknown-attribute", nowhere, "Unknown attribute",
			"A target has no attribute %q.%s", parts[1], didYouMean(parts[1], known))}
	}
	if len(parts) == 2 {
		return t.explainAttribute(i), nil
	}
	o := t.Origin(parts[1], parts[2])
	if o == nil {
		return nil, hcl.Diagnostics{errorAt("unknown-key", nowhere, "No such key",
			"The attribute %q of target %q has no %q.%s", parts[1], parts[0], parts[2], t.keyHint(i, parts[2]))}
	}
	return []Explained{{Path: path, Value: o.Value, Origin: o}}, nil
}

func (t *Target) keyHint(i int, key string) string {
	a := t.attrs.attrs[i]
	if a == nil {
		return " It is not set."
	}
	var keys []string
	for _, c := range a.cells {
		switch {
		case c.key != "":
			keys = append(keys, c.key)
		case c.entry != nil && table[i].entry.key != "":
			keys = append(keys, c.entry.attrs[table[i].entry.key])
		}
	}
	if hint := didYouMean(key, keys); hint != "" || len(keys) == 0 {
		return hint
	}
	return fmt.Sprintf(" It has %s.", list(keys))
}

// explainAttribute explains a scalar as one value, a map key by key, and a
// list as a whole and then, where its elements come from several places, each
// of them.
func (t *Target) explainAttribute(i int) []Explained {
	row, a := &table[i], t.attrs.attrs[i]
	path := t.Name + "." + row.name
	if a == nil {
		if row.deflt == "" {
			return nil
		}
		return []Explained{{Path: path, Value: fmt.Sprintf("%q", row.deflt), Origin: t.Origin(row.name, "")}}
	}
	b := originBuilder{config: t.attrs.config, target: t.Name, row: row}
	var out []Explained
	switch row.shape {
	case shapeMap, shapeFields:
		for j := range a.cells {
			o := b.cell(&a.cells[j])
			out = append(out, Explained{Path: path + "." + a.cells[j].key, Value: o.Value, Origin: o})
		}
		return out
	case shapeList, shapeEntries:
		o := b.whole(a)
		out = append(out, Explained{Path: path, Value: o.Value, Origin: o})
		if oneSource(a) {
			return out
		}
		for j := range a.cells {
			o := b.cell(&a.cells[j])
			out = append(out, Explained{Path: fmt.Sprintf("%s[%d]", path, j), Value: o.Value, Origin: o})
		}
		return out
	}
	o := b.whole(a)
	return []Explained{{Path: path, Value: o.Value, Origin: o}}
}

func oneSource(a *attr) bool {
	return !slices.ContainsFunc(a.cells, func(c cell) bool { return c.src != a.cells[0].src })
}

// ExplainVariable tells where a variable's value comes from.
func (c *Config) ExplainVariable(name string) (Explained, hcl.Diagnostics) {
	g := c.globals[name]
	if g == nil {
		return Explained{}, hcl.Diagnostics{errorAt("unknown-variable", nowhere, "Unknown variable",
			"There is no variable named %q.%s", name, didYouMean(name, c.eval.globalNames()))}
	}
	o := c.globalOrigin(g, map[string]bool{})
	return Explained{Path: "variable." + name, Value: o.Value, Origin: o}, nil
}

// Source returns the text at a position of the definition.
func (c *Config) Source(rng hcl.Range) string {
	for _, f := range c.def.files {
		if f.Name == rng.Filename && rng.Start.Byte >= 0 && rng.Start.Byte <= rng.End.Byte && rng.End.Byte <= len(f.Data) {
			return string(f.Data[rng.Start.Byte:rng.End.Byte])
		}
	}
	return ""
}
