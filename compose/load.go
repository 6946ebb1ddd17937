package compose

import (
	"github.com/compose-spec/compose-go/v2/tree"
	"github.com/hashicorp/hcl/v2"
)

// loader reads the files of one invocation.
type loader struct {
	opt          Options
	outside      map[string]string // the environment before .env and its like
	secretValues map[*value]string // values of the variables that secrets name
	diags        hcl.Diagnostics
	nodes        int  // looked at so far
	resets       bool // a value is marked reset
	files        map[string]*source
	raw          map[rawKey]*extender // files that services extend
	models       map[string]*model    // included files
	anyUnset     bool                 // a variable without a value was met
	projectUnset []Unset              // those in the name of the project
}

// model is what documents say together, each map in the order in which names
// first appear.
type model struct {
	services *table
	secrets  *table
}

func newModel() *model { return &model{services: newTable(), secrets: newTable()} }

// table is an ordered map of definitions.
type table struct {
	fields []field
	index  map[string]int
}

func newTable() *table { return &table{index: map[string]int{}} }

func (t *table) get(name string) *field {
	if i, ok := t.index[name]; ok {
		return &t.fields[i]
	}
	return nil
}

// put adds a definition, or replaces the one of that name in its place.
func (t *table) put(f field) {
	if i, ok := t.index[f.key]; ok {
		t.fields[i] = f
		return
	}
	t.index[f.key] = len(t.fields)
	t.fields = append(t.fields, f)
}

// delete empties a definition; its place is skipped from then on.
func (t *table) delete(name string) {
	if i, ok := t.index[name]; ok {
		t.fields[i].val = nil
		delete(t.index, name)
	}
}

// all are the definitions that stand.
func (t *table) all() []field {
	out := make([]field, 0, len(t.index))
	for _, f := range t.fields {
		if f.val != nil {
			out = append(out, f)
		}
	}
	return out
}

// scope is what holds for files that are loaded together.
type scope struct {
	env   environment
	dir   string   // of relative paths, seen from the working directory
	stack []string // the files being included, outermost first
}

// project reads the top-level files.
func (l *loader) project(files []File) *model {
	env := l.environment()
	var sources []*source
	for _, f := range files {
		src, bad := newSource(f.Name, f.Data)
		if bad != nil {
			l.diags = append(l.diags, bad)
		}
		sources = append(sources, src)
	}
	l.projectName(sources, env)
	l.opt.Env = env
	return l.load(sources, scope{env: env, dir: l.opt.Dir})
}

// load reads the documents of the sources, each over those before it.
func (l *loader) load(sources []*source, sc scope) *model {
	m := newModel()
	for _, src := range sources {
		in := sc
		in.stack = append(append([]string(nil), sc.stack...), src.name)
		for _, n := range src.docs {
			if doc := newReader(l, src, sc.env).document(n); doc != nil {
				l.add(m, doc, in)
			}
		}
	}
	l.defaultContexts(m, sc)
	return m
}

// add puts a document over the model.
func (l *loader) add(m *model, doc *value, sc scope) {
	own := newModel()
	fill(own.services, doc.get("services"))
	fill(own.secrets, doc.get("secrets"))
	for _, t := range []*table{own.services, own.secrets} {
		for i, f := range t.fields {
			t.fields[i].val = l.rebaseAny(f.val, sc.dir, t == own.secrets)
		}
	}
	l.include(own, doc.get("include"), sc)
	pruneTable(m.services, doc.get("services"))
	pruneTable(m.secrets, doc.get("secrets"))
	own.services = l.extendAll(own.services, sc)
	l.settle(own.services)
	l.settle(own.secrets)
	l.mergeTable(m.services, own.services, "services.x")
	l.mergeTable(m.secrets, own.secrets, "secrets.x")
}

func (l *loader) rebaseAny(v *value, dir string, secret bool) *value {
	if secret && dir != "" && v != nil {
		return rewriteText(v, "file", func(p string) string { return l.local(dir, p) })
	}
	return l.rebase(v, dir)
}

// fill takes over the definitions of a section, without those that are reset.
func fill(t *table, section *value) {
	if section == nil {
		return
	}
	for _, f := range section.fields {
		if f.val.mark != reset {
			t.put(f)
		}
	}
}

func (l *loader) mergeTable(base, over *table, path tree.Path) {
	for _, f := range over.all() {
		if old := base.get(f.key); old != nil {
			if f.val != old.val {
				old.val = l.merge(old.val, f.val, path)
			}
			continue
		}
		base.put(f)
	}
}

// defaultContexts gives builds without a context the directory of their files.
func (l *loader) defaultContexts(m *model, sc scope) {
	for i, f := range m.services.fields {
		build := f.val.field("build")
		if build == nil || build.val.kind != mapKind || build.val.field("context") != nil {
			continue
		}
		context := &value{scalar: l.local(sc.dir, "."), src: build.src, node: build.at}
		changed := *build
		changed.val = build.val.set(field{key: "context", src: build.src, at: build.at, val: context})
		m.services.fields[i].val = f.val.set(changed)
	}
}
