package compose

import (
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// rawKey identifies a file whose services are extended.
type rawKey struct {
	path string
	env  string // the files that include it decide its environment
}

// extension is one step of a chain of extends.
type extension struct {
	file, service string
	rng           hcl.Range
}

// extender resolves extends among the services of one file.
type extender struct {
	l        *loader
	services *table
	done     map[string]*value
	file     string
	sc       scope
}

// extendAll returns the services with what they extend.
func (l *loader) extendAll(services *table, sc scope) *table {
	x := &extender{l: l, services: services, done: map[string]*value{}, file: sc.stack[len(sc.stack)-1], sc: sc}
	out := newTable()
	for _, f := range services.all() {
		f.val = x.resolve(f.key, nil)
		out.put(f)
	}
	return out
}

// resolve returns a service with what it extends, the nearest base last.
func (x *extender) resolve(name string, chain []extension) *value {
	if v, ok := x.done[name]; ok {
		return v
	}
	v := x.services.get(name).val
	ext := v.field("extends")
	if ext == nil || ext.val.isNull() {
		x.done[name] = v
		return v
	}
	base := x.base(name, ext, append(chain, extension{x.file, name, ext.val.rng()}))
	if base != nil { // else the key stays, as a sign that something is missing
		v = v.without("extends")
	}
	if base != nil && base.kind == mapKind {
		v = x.l.merge(base, v, "services.x")
	}
	x.done[name] = v
	return v
}

// base is the service that a service extends, nil after an error.
func (x *extender) base(name string, ext *field, chain []extension) *value {
	x.l.reads("", ext.val)
	ref, ok := ext.val.text()
	from := x
	if ext.val.kind == mapKind {
		ref, ok = ext.val.get("service").text()
		if file := ext.val.get("file"); !file.isNull() {
			if from = x.other(file); from == nil {
				return nil
			}
		}
	}
	if !ok || ref == "" {
		x.l.errorAt("compose-type", ext.val.rng(), "Invalid extends",
			"The service %s extends nothing: extends is the name of a service, or a mapping with service and perhaps file.", name)
		return nil
	}
	for i, e := range chain {
		if e.file == from.file && e.service == ref {
			x.l.errorAt("compose-extends-cycle", e.rng, "Services extend each other", "%s.", cycle(chain[i:]))
			return nil
		}
	}
	if from.services.get(ref) == nil {
		var known []string
		for _, f := range from.services.all() {
			if f.key != name {
				known = append(known, f.key)
			}
		}
		x.l.errorAt("compose-unknown-service", ext.val.rng(), "Unknown service",
			"The service %s extends %q, which is not in %s.%s", name, ref, from.file, didYouMean(ref, known))
		return nil
	}
	return from.resolve(ref, chain)
}

// other is an extender of another file.
func (x *extender) other(file *value) *extender {
	name, ok := file.text()
	if !ok {
		x.l.errorAt("compose-type", file.rng(), "Invalid extends", "The file of an extends is a path.")
		return nil
	}
	path := x.l.local(x.sc.dir, name)
	key := rawKey{path, strings.Join(x.sc.stack, "\x00")}
	if other, ok := x.l.raw[key]; ok {
		return other
	}
	src := x.l.source(path, file.rng(), "extended file")
	if src == nil {
		return nil
	}
	sc := x.sc
	sc.dir = filepath.Dir(path)
	other := &extender{l: x.l, services: newTable(), done: map[string]*value{}, file: path, sc: sc}
	for _, n := range src.docs {
		if doc := newReader(x.l, src, sc.env).document(n); doc != nil {
			other.add(doc.get("services"))
		}
	}
	x.l.raw[key] = other
	return other
}

// add puts the services of a further document over those there.
func (x *extender) add(section *value) {
	pruneTable(x.services, section)
	own := newTable()
	fill(own, section)
	for i, f := range own.fields {
		own.fields[i].val = x.l.rebase(f.val, x.sc.dir)
	}
	x.l.mergeTable(x.services, own, "services.x")
}

// cycle renders a chain of extends that ends where it began.
func cycle(chain []extension) string {
	var b strings.Builder
	for _, e := range chain {
		b.WriteString(e.service + " in " + e.file + " extends ")
	}
	b.WriteString(chain[0].service)
	return b.String()
}
