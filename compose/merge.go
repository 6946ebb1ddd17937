package compose

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/override"
	"github.com/compose-spec/compose-go/v2/tree"
)

// merge puts one definition of a service or secret over another, by Compose's
// rules: compose-go merges the values, and each then gets the place back that
// it was written at. path is where the definition stands, "services.x".
func (l *loader) merge(base, over *value, path tree.Path) *value {
	base = prune(alike(base, over), over)
	over = alike(over, base)
	if base.kind != mapKind || over.kind != mapKind {
		if over.isNull() {
			return base
		}
		return over
	}
	result, err := mergePlain(base.plain(), over.plain(), path)
	if err != nil {
		l.errorAt("compose-merge", over.rng(), "Definitions cannot be merged",
			"This cannot be merged with the definition at %s: %v. Write both in the same form, or mark this one with !override.", base.rng(), err)
		return over
	}
	return place(result, over, base)
}

// mergePlain merges by compose-go's rules. These take it for granted that the
// values have the types they should have, and panic when not.
func mergePlain(base, over any, path tree.Path) (result any, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("an attribute is not of the type it should be")
		}
	}()
	result, err = override.MergeYaml(base, over, path)
	if err != nil {
		return nil, err
	}
	section, name, _ := strings.Cut(string(path), ".")
	unique, err := override.EnforceUnicity(map[string]any{section: map[string]any{name: result}})
	if err != nil {
		return nil, err
	}
	return unique[section].(map[string]any)[name], nil
}

// canonical brings what stands in a service for another file to go over into
// the forms that Compose gives it when a file is read, as far as entries of it
// can be reset: a build that is a path becomes a mapping, and so do lists of
// named contexts and of SSH keys. In one file they stay as written.
func canonical(service, over *value) *value {
	build, than := service.field("build"), over.get("build")
	if build == nil || than == nil || than.kind != mapKind {
		return service
	}
	changed := *build
	if _, ok := build.val.text(); ok {
		changed.val = (&value{kind: mapKind, src: build.src, node: build.at}).set(
			field{key: "context", src: build.val.src, at: build.val.node, val: build.val})
	}
	for _, key := range []string{"additional_contexts", "ssh"} {
		f, o := changed.val.field(key), than.get(key)
		if f == nil || o == nil || f.val.kind != listKind || o.kind != mapKind {
			continue
		}
		keys := *f
		keys.val = keyed(f.val)
		changed.val = changed.val.set(keys)
	}
	if changed.val == build.val {
		return service
	}
	return service.set(changed)
}

// alike brings the attributes of a build that have two forms, of which Compose
// merges only equal ones, into the form that can be merged with the other's.
func alike(service, other *value) *value {
	build, than := service.get("build"), other.get("build")
	if build == nil || than == nil || build.kind != mapKind {
		return service
	}
	changed := build
	for _, f := range build.fields {
		o := than.get(f.key)
		if o.isNull() || f.val.isNull() || o.kind == f.val.kind {
			continue
		}
		c := f
		switch {
		case f.key == "ssh" && f.val.kind == listKind:
			c.val = keyed(f.val)
		case f.key == "no_cache_filter" && f.val.kind == scalarKind:
			list := *f.val
			list.kind, list.list = listKind, []*value{f.val}
			c.val = &list
		default:
			continue
		}
		changed = changed.set(c)
	}
	if changed == build {
		return service
	}
	f := *service.field("build")
	f.val = changed
	return service.set(f)
}

// keyed turns a list of KEY or KEY=VALUE into a map.
func keyed(v *value) *value {
	out := &value{kind: mapKind, src: v.src, node: v.node, mark: v.mark}
	for _, e := range v.list {
		s, _ := e.text()
		key, val, ok := cut(s)
		entry := e.with(val)
		if !ok {
			entry.scalar = nil
		}
		out = out.set(field{key: key, src: e.src, at: e.node, val: entry})
	}
	return out
}

// place gives a merged value the places of the values it came from, the
// overriding definition's first. Either may be nil.
func place(result any, over, base *value) *value {
	from := over
	if from == nil {
		from = base
	}
	switch res := result.(type) {
	case map[string]any:
		return placeMap(res, over, base, from)
	case []any:
		return placeList(res, over, base, from)
	}
	for _, v := range []*value{over, base} {
		if v != nil && v.kind == scalarKind && reflect.DeepEqual(v.scalar, result) {
			return v
		}
	}
	return &value{scalar: result, src: from.src, node: from.node, unset: from.unset}
}

func placeMap(res map[string]any, over, base, from *value) *value {
	out := &value{kind: mapKind, src: from.src, node: from.node, mark: from.mark}
	seen := map[string]bool{}
	for _, v := range []*value{base, over} {
		if v == nil || v.kind != mapKind {
			continue
		}
		for _, f := range v.fields {
			val, ok := res[f.key]
			if !ok || seen[f.key] {
				continue
			}
			o, b := over.field(f.key), base.field(f.key)
			if valueOf(o) == nil && valueOf(b) == nil { // reset, and here again: see below
				continue
			}
			seen[f.key] = true
			at := f
			if o != nil && !o.val.isNull() {
				at = *o
			}
			at.val = place(val, valueOf(o), valueOf(b))
			out.fields = append(out.fields, at)
		}
	}
	for _, key := range sortedKeys(res) { // a build written as a string has become a map
		if seen[key] {
			continue
		}
		src := from
		for _, v := range []*value{over, base} {
			if v != nil && v.kind == scalarKind && v.scalar == res[key] {
				src = v
			}
		}
		out.fields = append(out.fields, field{key: key, src: src.src, at: src.node, val: place(res[key], src, nil)})
	}
	return out
}

func valueOf(f *field) *value {
	if f == nil || f.val.mark == reset {
		return nil
	}
	return f.val
}

// placeList finds the elements of a merged list again: as elements, or as
// entries of a map that merging turned into KEY=VALUE.
func placeList(res []any, over, base, from *value) *value {
	out := &value{kind: listKind, src: from.src, node: from.node, mark: from.mark}
	texts := map[string]*value{}
	var rest []*value
	for _, v := range []*value{base, over} {
		if v == nil {
			continue
		}
		switch v.kind {
		case listKind:
			for _, e := range v.list {
				if s, ok := e.text(); ok {
					texts[s] = e
				} else {
					rest = append(rest, e)
				}
			}
		case mapKind:
			for _, f := range v.fields {
				addEntry(texts, f)
			}
		default:
			texts[v.render()] = v
		}
	}
	for _, e := range res {
		if s, ok := e.(string); ok {
			if v := texts[s]; v != nil {
				out.list = append(out.list, v)
				continue
			}
		}
		if i := slices.IndexFunc(rest, func(v *value) bool { return reflect.DeepEqual(v.plain(), e) }); i >= 0 {
			out.list = append(out.list, rest[i])
			continue
		}
		out.list = append(out.list, place(e, from, nil))
	}
	return out
}

// addEntry adds the KEY=VALUE forms of a map's entry.
func addEntry(texts map[string]*value, f field) {
	vals := []*value{f.val}
	if f.val.kind == listKind {
		vals = f.val.list
	}
	for _, e := range vals {
		s := f.key
		if !e.isNull() {
			s = fmt.Sprintf("%s=%v", f.key, e.plain())
		}
		texts[s] = &value{scalar: s, src: e.src, node: e.node, key: f.at, unset: e.unset}
	}
}
