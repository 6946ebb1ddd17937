package bake

import (
	"encoding/json"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// Kind says which sort of place a value came from.
type Kind string

// The kinds of origin.
const (
	KindDefault   Kind = "default"   // the built-in default of the attribute
	KindAttribute Kind = "attribute" // written in the target's own block
	KindInherited Kind = "inherited" // taken over from a base target
	KindMatrix    Kind = "matrix"    // a matrix value
	KindVariable  Kind = "variable"  // a variable or top-level attribute
	KindEnv       Kind = "env"       // an environment variable
	KindFlag      Kind = "flag"      // --set, --var or another flag
	KindFunction  Kind = "function"  // a function of the definition that the expression calls
	KindBuiltin   Kind = "builtin"   // a built-in variable such as BAKE_LOCAL_PLATFORM
	KindCompose   Kind = "compose"   // written in a Compose file
)

// Origin is where a value came from, what its expression read and what it
// replaced. It is a tree that is built when asked for.
type Origin struct {
	Kind  Kind
	Range hcl.Range // empty for environment variables, flags and defaults
	Name  string    // base target, variable, $ENV, or the flag as typed
	Value string    // the value, rendered for people
	From  []*Origin // what the expression read
	Over  *Origin   // what it replaced or extended
}

// MarshalJSON writes the origin with its place as file, line and column
// (both from 1), and leaves out what is empty.
func (o *Origin) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Kind   Kind      `json:"kind"`
		Name   string    `json:"name,omitempty"`
		Value  string    `json:"value,omitempty"`
		File   string    `json:"file,omitempty"`
		Line   int       `json:"line,omitempty"`
		Column int       `json:"column,omitempty"`
		From   []*Origin `json:"from,omitempty"`
		Over   *Origin   `json:"over,omitempty"`
	}{o.Kind, o.Name, o.Value, o.Range.Filename, o.Range.Start.Line, o.Range.Start.Column, o.From, o.Over})
}

// resolved is what a Target remembers of its making.
type resolved struct {
	config *Config
	attrs  []*attr
}

// Origin tells where an attribute's value comes from; with a key, where that
// map entry, field or element (by id, type or text) does. It is nil when there
// is no such attribute or key.
func (t *Target) Origin(attribute, key string) *Origin {
	i := rowOf(attribute)
	if i < 0 {
		return nil
	}
	b := originBuilder{target: t.Name, row: &table[i]}
	var a *attr
	if t.attrs != nil {
		b.config, a = t.attrs.config, t.attrs.attrs[i]
	}
	if key != "" {
		return b.element(a, key)
	}
	if a == nil {
		if b.row.deflt == "" {
			return nil
		}
		return &Origin{Kind: KindDefault, Value: b.row.deflt}
	}
	return b.whole(a)
}

// rng is where a cell's value is written: its own place in a list or object
// where that can be told, else that of the whole expression.
func (c *cell) rng() hcl.Range { return c.src.rng(c) }

func (s *source) rng(c *cell) hcl.Range {
	if s == nil || s.attr == nil {
		return hcl.Range{}
	}
	if c == nil {
		return s.attr.Expr.Range()
	}
	switch {
	case c.entry != nil:
		if list, diags := hcl.ExprList(s.attr.Expr); !diags.HasErrors() && 0 < c.entry.place && c.entry.place <= len(list) {
			return list[c.entry.place-1].Range()
		}
	case c.key != "":
		if x := entryExpr(s.attr.Expr, c.key); x != nil {
			return x.Range()
		}
	case isString(c.val):
		if rng, ok := elementRanges(s.attr.Expr)[c.val.AsString()]; ok {
			return rng
		}
	}
	return s.attr.Expr.Range()
}

// keyRange is where the key of a map entry is written, if that can be told, else
// where its value is.
func (c *cell) keyRange() hcl.Range {
	if c.src != nil && c.src.attr != nil {
		if p := entryPair(c.src.attr.Expr, c.key); p != nil {
			return p.Key.Range()
		}
	}
	return c.rng()
}

// entryExpr is the expression of one key of a literal object.
func entryExpr(expr hcl.Expression, key string) hcl.Expression {
	if p := entryPair(expr, key); p != nil {
		return p.Value
	}
	return nil
}

// entryPair is one key of a literal object and its expression: the last of those
// of that key, which is the one that counts.
func entryPair(expr hcl.Expression, key string) *hcl.KeyValuePair {
	pairs, diags := hcl.ExprMap(expr)
	if diags.HasErrors() {
		return nil
	}
	for i := range slices.Backward(pairs) {
		if k, diags := pairs[i].Key.Value(nil); !diags.HasErrors() && isString(k) && k.AsString() == key {
			return &pairs[i]
		}
	}
	return nil
}
