package compose

import (
	"fmt"
	"math"

	"github.com/hashicorp/hcl/v2"
	"go.yaml.in/yaml/v4"
)

// mark is what a YAML tag of Compose asks for when the value meets an earlier
// one of the same name.
type mark int

const (
	merged     mark = iota // merge with the earlier value
	reset                  // drop the earlier value, and this one
	overriding             // drop the earlier value
)

type kind int

const (
	scalarKind kind = iota // also null
	listKind
	mapKind
)

// value is a node of a document after interpolation, and the node it is
// written in. Values are immutable and shared between the aliases of an anchor.
type value struct {
	kind   kind
	scalar any // nil, string, bool, int, float64 ...
	list   []*value
	fields []field
	mark   mark
	src    *source
	node   *yaml.Node
	key    *yaml.Node // of a KEY=VALUE that merging made of a map's entry, its key
	unset  []Unset    // variables in a scalar that have no value
}

// field is an entry of a map, in the order written.
type field struct {
	key string
	src *source
	at  *yaml.Node
	val *value
}

func (f field) rng() hcl.Range { return f.src.rangeOf(f.at) }

func (v *value) rng() hcl.Range { return v.src.rangeOf(v.node) }

// get returns the entry of a map, nil when v is no map or has no such key.
func (v *value) get(key string) *value {
	if f := v.field(key); f != nil {
		return f.val
	}
	return nil
}

func (v *value) field(key string) *field {
	if v == nil || v.kind != mapKind {
		return nil
	}
	for i := range v.fields {
		if v.fields[i].key == key {
			return &v.fields[i]
		}
	}
	return nil
}

func (v *value) isNull() bool { return v == nil || v.kind == scalarKind && v.scalar == nil }

// text is the value as a string of the YAML file; false for other kinds.
func (v *value) text() (string, bool) {
	if v == nil || v.kind != scalarKind {
		return "", false
	}
	s, ok := v.scalar.(string)
	return s, ok
}

// endless is whether a value is one of the numbers .inf and .nan of YAML.
func (v *value) endless() bool {
	n, ok := v.scalar.(float64)
	return ok && (math.IsInf(n, 0) || math.IsNaN(n))
}

// render is a scalar as Compose writes it into a string: empty for null.
func (v *value) render() string {
	if v.scalar == nil {
		return ""
	}
	return fmt.Sprint(v.scalar)
}

// with returns a copy of a string value with another text.
func (v *value) with(text string) *value {
	c := *v
	c.scalar = text
	return &c
}

// set returns a copy of a map with one entry replaced or added.
func (v *value) set(f field) *value {
	c := *v
	c.fields = append([]field(nil), v.fields...)
	for i := range c.fields {
		if c.fields[i].key == f.key {
			c.fields[i].val = f.val
			return &c
		}
	}
	c.fields = append(c.fields, f)
	return &c
}

// without returns a copy of a map without one entry.
func (v *value) without(key string) *value {
	c := *v
	c.fields = nil
	for _, f := range v.fields {
		if f.key != key {
			c.fields = append(c.fields, f)
		}
	}
	return &c
}

// describe names what a value is, for diagnostics.
func (v *value) describe() string {
	switch {
	case v.kind == listKind:
		return "a list"
	case v.kind == mapKind:
		return "a mapping"
	}
	switch s := v.scalar.(type) {
	case nil:
		return "empty"
	case string:
		if len(s) <= 40 {
			return fmt.Sprintf("the string %q", s)
		}
		return "a string"
	case bool:
		return fmt.Sprintf("the boolean %v", s)
	}
	return fmt.Sprintf("the number %v", v.scalar)
}

// plain is the value as compose-go has it, without places. What is marked
// reset is left out.
func (v *value) plain() any {
	switch v.kind {
	case listKind:
		out := make([]any, 0, len(v.list))
		for _, e := range v.list {
			if e.mark != reset {
				out = append(out, e.plain())
			}
		}
		return out
	case mapKind:
		out := make(map[string]any, len(v.fields))
		for _, f := range v.fields {
			if f.val.mark != reset {
				out[f.key] = f.val.plain()
			}
		}
		return out
	}
	return v.scalar
}
