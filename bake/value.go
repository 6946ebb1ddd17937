package bake

import (
	"maps"
	"slices"
	"sort"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// attr is the value of one attribute of one target at one stage of its
// making, with where it came from. It is immutable.
type attr struct {
	cells []cell  // one for a scalar, one per element, key (sorted) or field otherwise
	src   *source // who set it last
	over  *attr   // what this replaced or extended
	unset bool    // cleared by an override, which for heirs is as if it had never been set
}

// cell is one scalar, element or map entry.
type cell struct {
	key   string // map key or field name
	val   cty.Value
	entry *entry // instead of val, for lists of objects
	src   *source
	over  *cell // what this map entry replaced
}

// source says where a value was set. One source is shared by all cells that
// one attribute or override produced.
type source struct {
	kind  Kind
	owner string         // the target whose block or override it is
	attr  *hcl.Attribute // for values written in a file
	inst  *instance      // the block instance, for what the expression read
	flag  string         // for values from the command line, as typed
	place int            // its place on the command line
}

// entry is an object in a list: an output, cache, attestation, secret, ssh
// key or policy.
type entry struct {
	attrs map[string]string
	paths []string // of ssh; of a policy the files after the first
	place int      // in the list of its source, from 1; 0 if it comes from none
}

func (e *entry) equal(o *entry) bool {
	return maps.Equal(e.attrs, o.attrs) && slices.Equal(e.paths, o.paths)
}

// with returns a copy with one attribute changed.
func (e *entry) with(key, value string) *entry {
	c := &entry{attrs: maps.Clone(e.attrs), paths: e.paths, place: e.place}
	c.attrs[key] = value
	return c
}

func (c *cell) text() string {
	if c.val.Type() == cty.Bool {
		return strconv.FormatBool(c.val.True())
	}
	if c.val.Type() == cty.Number {
		return c.val.AsBigFloat().Text('f', -1)
	}
	return c.val.AsString()
}

// find returns the cell with that key in a sorted map or field list.
func (a *attr) find(key string) *cell {
	if a == nil {
		return nil
	}
	i := sort.Search(len(a.cells), func(i int) bool { return a.cells[i].key >= key })
	if i < len(a.cells) && a.cells[i].key == key {
		return &a.cells[i]
	}
	return nil
}

func (a *attr) text() string {
	if a == nil || len(a.cells) == 0 {
		return ""
	}
	return a.cells[0].text()
}

func (a *attr) textPtr() *string {
	if a == nil || len(a.cells) == 0 {
		return nil
	}
	s := a.text()
	return &s
}

func (a *attr) boolPtr() *bool {
	if a == nil || len(a.cells) == 0 {
		return nil
	}
	b := a.cells[0].val.True()
	return &b
}

func (a *attr) list() []string {
	if a == nil || len(a.cells) == 0 {
		return nil
	}
	out := make([]string, len(a.cells))
	for i := range a.cells {
		out[i] = a.cells[i].text()
	}
	return out
}

func (a *attr) texts() map[string]string {
	if a == nil || len(a.cells) == 0 {
		return nil
	}
	out := make(map[string]string, len(a.cells))
	for i := range a.cells {
		out[a.cells[i].key] = a.cells[i].text()
	}
	return out
}

// entries decodes a list of typed objects. For outputs "dest" stands apart.
func (a *attr) entries(dest bool) []Entry {
	var out []Entry
	for _, c := range a.cells {
		e := Entry{Type: c.entry.attrs["type"], Attrs: maps.Clone(c.entry.attrs)}
		delete(e.Attrs, "type")
		if dest {
			e.Dest = e.Attrs["dest"]
			delete(e.Attrs, "dest")
		}
		out = append(out, e)
	}
	return out
}

func (a *attr) secrets() []Secret {
	var out []Secret
	for _, c := range a.cells {
		m := c.entry.attrs
		out = append(out, Secret{ID: m["id"], Src: m["src"], Env: m["env"]})
	}
	return out
}

func (a *attr) sshKeys() []SSH {
	var out []SSH
	for _, c := range a.cells {
		out = append(out, SSH{ID: c.entry.attrs["id"], Paths: c.entry.paths})
	}
	return out
}

func (a *attr) policies() []Policy {
	var out []Policy
	for _, c := range a.cells {
		m := c.entry.attrs
		p := Policy{Filename: m["filename"], More: c.entry.paths, Reset: m["reset"] == "true", Disabled: m["disabled"] == "true", LogLevel: m["log-level"]}
		if s, ok := m["strict"]; ok {
			b := s == "true"
			p.Strict = &b
		}
		out = append(out, p)
	}
	return out
}

func (a *attr) resources() *Resources {
	if a == nil {
		return nil
	}
	r := &Resources{}
	for i := range a.cells {
		c := &a.cells[i]
		for _, f := range resourceFields {
			if f.name == c.key {
				f.decode(r, c)
			}
		}
	}
	return r
}
