package compose

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"go.yaml.in/yaml/v4"
)

// maxNodes bounds the YAML nodes looked at in one run, each alias and each key
// that a merge key brings counted anew. It is 10 times compose-go's own limit
// for a file; a service has 5 to 50 nodes.
const maxNodes = 1_000_000

// maxDepth bounds nesting. What a build needs is nested 8 deep.
const maxDepth = 500

// reader turns the nodes of one document into values.
type reader struct {
	l      *loader
	src    *source
	env    environment
	done   map[*yaml.Node]*value
	open   map[*yaml.Node]bool // being read: an alias to one of these is a cycle
	flat   map[*yaml.Node][]pair
	seen   map[*yaml.Node]bool // scanned
	nested int
}

func newReader(l *loader, src *source, env environment) *reader {
	return &reader{l: l, src: src, env: env,
		done: map[*yaml.Node]*value{}, open: map[*yaml.Node]bool{},
		flat: map[*yaml.Node][]pair{}, seen: map[*yaml.Node]bool{}}
}

// pair is a key and a value of a mapping.
type pair struct {
	key string
	at  *yaml.Node
	val *yaml.Node
}

// spend counts nodes against the limit and tells whether there are any left.
func (r *reader) spend(at *yaml.Node, n int) bool {
	if r.l.nodes > maxNodes {
		return false
	}
	if r.l.nodes += n; r.l.nodes > maxNodes {
		r.l.errorAt("compose-too-large", r.src.rangeOf(at), "Compose file too large",
			"Reading this needs more than %d YAML nodes, counting each use of an anchor anew. Split the file, or use fewer aliases within aliases.", maxNodes)
	}
	return r.l.nodes <= maxNodes
}

// enter starts the reading of a container; leave must follow if it is true.
func (r *reader) enter(n *yaml.Node) bool {
	switch {
	case r.open[n]:
		r.l.errorAt("compose-alias-cycle", r.src.rangeOf(n), "Anchor contains itself",
			"An alias inside this value refers to the value itself, so it has no end. Remove the alias.")
		return false
	case r.nested >= maxDepth:
		r.l.errorAt("compose-too-deep", r.src.rangeOf(n), "Nested too deeply",
			"This value is nested more than %d levels deep.", maxDepth)
		return false
	}
	r.open[n] = true
	r.nested++
	return true
}

func (r *reader) leave(n *yaml.Node) {
	delete(r.open, n)
	r.nested--
}

func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

// read turns a node into a value, with interpolation. The value is never nil.
func (r *reader) read(n *yaml.Node) *value {
	n = target(n)
	if v, ok := r.done[n]; ok {
		r.spend(n, 1)
		return v
	}
	v := &value{src: r.src, node: n}
	switch n.Tag {
	case "!reset":
		v.mark, r.l.resets = reset, true
		return v
	case "!override":
		v.mark = overriding
	}
	if !r.spend(n, 1) || n.Kind != yaml.ScalarNode && !r.enter(n) {
		return v
	}
	switch n.Kind {
	case yaml.SequenceNode:
		v.kind = listKind
		for _, c := range n.Content {
			if e := r.read(c); e.mark != reset {
				v.list = append(v.list, e)
			}
		}
		r.leave(n)
	case yaml.MappingNode:
		v.kind = mapKind
		for _, p := range r.pairs(n) {
			v.fields = append(v.fields, field{key: p.key, src: r.src, at: p.at, val: r.read(p.val)})
		}
		r.leave(n)
	default:
		v.scalar, v.unset = r.scalar(n)
	}
	r.done[n] = v
	return v
}

// scalar is the value of a scalar node. What has a tag of its own, such as
// !override, is the text that is written, and so are dates: nothing in a build
// is a date. Variables in it that are not set come along.
func (r *reader) scalar(n *yaml.Node) (any, []Unset) {
	plain := *n
	if n.Tag == "!!timestamp" || strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		plain.Tag = "!!str"
	}
	var out any
	if err := plain.Decode(&out); err != nil {
		r.l.errorAt("compose-syntax", r.src.rangeOf(n), "Invalid YAML",
			"This value does not fit its tag: %s.", strings.TrimPrefix(err.Error(), "yaml: "))
		return nil, nil
	}
	if s, ok := out.(string); ok {
		return r.interpolate(s, n)
	}
	return out, nil
}

// pairs are the entries of a mapping, those of its merge keys after its own.
// What is no key of Compose (not a string, or there twice) is reported.
func (r *reader) pairs(n *yaml.Node) []pair {
	if p, ok := r.flat[n]; ok {
		return p
	}
	own, merges, first := r.entries(n)
	for _, m := range merges {
		own = r.mergeKeys(own, first, m)
	}
	r.flat[n] = own
	return own
}

// entries are the entries that stand in a mapping itself, the values of its
// merge keys, and where each key is.
func (r *reader) entries(n *yaml.Node) (own []pair, merges []*yaml.Node, first map[string]*yaml.Node) {
	first = map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		at, val := target(n.Content[i]), n.Content[i+1]
		key := at.Value
		if earlier, ok := first[key]; ok {
			r.l.errorAt("compose-duplicate-key", r.src.rangeOf(at), "Duplicate key",
				"The key %q is already in this mapping, at line %d. Remove one of the two.", key, earlier.Line)
			continue
		}
		first[key] = at
		switch {
		case at.Tag == "!!merge":
			merges = append(merges, val)
		case at.Kind != yaml.ScalarNode || strings.HasPrefix(at.Tag, "!!") && at.Tag != "!!str":
			r.l.errorAt("compose-key", r.src.rangeOf(at), "Key is not a string",
				"The keys of a Compose file are strings. Put this one into quotes.")
		default:
			own = append(own, pair{key, at, val})
		}
	}
	return own, merges, first
}

// mergeKeys adds the entries that a merge key refers to and that are not there
// yet.
func (r *reader) mergeKeys(own []pair, first map[string]*yaml.Node, n *yaml.Node) []pair {
	for _, m := range r.mergeable(n) {
		if !r.enter(m) {
			continue
		}
		pairs := r.pairs(m)
		r.leave(m)
		if !r.spend(m, len(pairs)+1) {
			return own
		}
		for _, p := range pairs {
			if _, ok := first[p.key]; !ok {
				first[p.key] = p.at
				own = append(own, p)
			}
		}
	}
	return own
}

// mergeable are the mappings that the value of a merge key stands for. Anything
// else in it is reported.
func (r *reader) mergeable(n *yaml.Node) []*yaml.Node {
	all := []*yaml.Node{n}
	if m := target(n); m.Kind == yaml.SequenceNode {
		all = m.Content
	}
	var out []*yaml.Node
	for _, c := range all {
		m := target(c)
		if m.Kind != yaml.MappingNode {
			r.l.errorAt("compose-merge-key", r.src.rangeOf(c), "Invalid merge key",
				"The value of the merge key << must be a mapping, an alias of one, or a list of these.")
			continue
		}
		out = append(out, m)
	}
	return out
}

// scan looks for errors in what a build does not need: a required variable is
// required wherever it is used, and a mapping has each key once.
func (r *reader) scan(n *yaml.Node) {
	n = target(n)
	if r.open[n] {
		r.enter(n) // says that it has no end
	}
	if r.seen[n] || r.done[n] != nil || n.Tag == "!reset" || !r.spend(n, 1) {
		return
	}
	r.seen[n] = true
	if n.Kind == yaml.ScalarNode {
		if n.Style&yaml.TaggedStyle != 0 || n.Tag == "!!str" && strings.Contains(n.Value, "$") {
			r.scalar(n)
		}
		return
	}
	if r.nested >= maxDepth || !r.enter(n) {
		return
	}
	defer r.leave(n)
	if n.Kind == yaml.MappingNode {
		_, merges, _ := r.entries(n)
		for _, m := range merges {
			r.mergeable(m)
		}
	}
	for i, c := range n.Content {
		if n.Kind != yaml.MappingNode || i%2 == 1 {
			r.scan(c)
		}
	}
}

// document reads what a build needs of a document: the top-level keys and,
// for each service, the keys that matter.
func (r *reader) document(n *yaml.Node) *value {
	n = target(n)
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return &value{kind: mapKind, src: r.src, node: n}
	}
	if n.Kind != yaml.MappingNode {
		r.l.errorAt("compose-type", r.src.rangeOf(n), "Not a Compose file",
			"The top level of a Compose file is a mapping with the key services.")
		return nil
	}
	doc := &value{kind: mapKind, src: r.src, node: n}
	for _, p := range r.pairs(n) {
		f := field{key: p.key, src: r.src, at: p.at}
		switch p.key {
		case "services":
			f.val = r.named(p.val, p.key, r.service)
		case "secrets":
			f.val = r.named(p.val, p.key, r.secret)
		case "include", "name":
			f.val = r.read(p.val)
		default:
			r.l.checkKey(p.key, f.rng(), "A Compose file", topKeys)
			r.scan(p.val)
			continue
		}
		doc.fields = append(doc.fields, f)
	}
	return doc
}

// named reads a section of named things: services or secrets.
func (r *reader) named(n *yaml.Node, section string, read func(*yaml.Node) *value) *value {
	n = target(n)
	v := &value{kind: mapKind, src: r.src, node: n}
	switch {
	case n.Tag == "!reset":
		v.mark = reset
		return v
	case n.Tag == "!override":
		v.mark = overriding
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		return v
	}
	if n.Kind != yaml.MappingNode {
		r.l.errorAt("compose-type", r.src.rangeOf(n), "Mapping expected",
			"%q is a mapping from names to their definitions.", section)
		return v
	}
	if !r.enter(n) {
		return v
	}
	defer r.leave(n)
	for _, p := range r.pairs(n) {
		v.fields = append(v.fields, field{key: p.key, src: r.src, at: p.at, val: read(p.val)})
	}
	return v
}

// secret reads a secret. When it is a variable that the environment does not
// have, the value that a file gives the variable is noted.
func (r *reader) secret(n *yaml.Node) *value {
	v := r.read(n)
	variable := v.get("environment")
	name, ok := variable.text()
	if _, outside := r.l.outside[name]; !ok || outside {
		return v
	}
	if val, ok := r.env[name]; ok {
		r.l.secretValues[variable] = val
	}
	return v
}

// service reads the keys of a service that matter to a build.
func (r *reader) service(n *yaml.Node) *value {
	m := target(n)
	if v, ok := r.done[m]; ok {
		return v
	}
	if m.Kind != yaml.MappingNode || m.Tag == "!reset" {
		return r.read(n)
	}
	v := &value{kind: mapKind, src: r.src, node: m}
	if m.Tag == "!override" {
		v.mark = overriding
	}
	if !r.spend(m, 1) || !r.enter(m) {
		return v
	}
	defer r.leave(m)
	for _, p := range r.pairs(m) {
		f := field{key: p.key, src: r.src, at: p.at}
		if !slices.Contains(usedKeys, p.key) {
			r.l.checkKey(p.key, f.rng(), "A service", serviceKeys)
			r.scan(p.val)
			continue
		}
		f.val = r.read(p.val)
		v.fields = append(v.fields, f)
	}
	r.done[m] = v
	return v
}

// checkKey reports a key that Compose does not know: one that is close to a
// known one is a typo and refused, as Compose refuses it; any other may be of
// a newer Compose and has no effect.
func (l *loader) checkKey(key string, rng hcl.Range, where string, known map[string]bool) {
	if known[key] || strings.HasPrefix(key, "x-") {
		return
	}
	if s := suggest(key, sortedKeys(known)); s != "" {
		l.errorAt("compose-unknown-key", rng, "Unknown key", "%s has no %q. Did you mean %q?", where, key, s)
		return
	}
	l.warnAt("compose-unknown-key", rng, "Unknown key", "%s has no %q, so this has no effect.", where, key)
}
