package compose

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/tree"
	"github.com/hashicorp/hcl/v2"
)

// maxIncluded bounds how deep files include files.
const maxIncluded = 100

// inclusion is an entry of include.
type inclusion struct {
	paths    []*value
	project  *value
	envFiles []*value
	rng      hcl.Range
}

// include puts own over the models of the files that a document includes.
func (l *loader) include(own *model, v *value, sc scope) {
	if v.isNull() {
		return
	}
	if v.kind != listKind {
		l.errorAt("compose-type", v.rng(), "List expected", "include is a list of paths, or of mappings with path, project_directory and env_file.")
		return
	}
	l.reads("", v)
	for _, e := range v.list {
		if in, ok := l.inclusion(e); ok {
			if m := l.included(in, sc); m != nil {
				l.importTable(own.services, m.services, "services.x")
				l.importTable(own.secrets, m.secrets, "secrets.x")
			}
		}
	}
}

// importTable puts own definitions over included ones.
func (l *loader) importTable(own, from *table, path tree.Path) {
	for _, f := range from.all() {
		mine := own.get(f.key)
		switch {
		case mine == nil:
			own.put(f)
		case mine.val == f.val: // included on two ways
		default:
			mine.val = l.merge(canonical(f.val, mine.val), mine.val, path)
		}
	}
}

func (l *loader) inclusion(v *value) (inclusion, bool) {
	in := inclusion{rng: v.rng()}
	switch {
	case v.kind == mapKind:
		for _, f := range v.fields {
			switch f.key {
			case "path":
				in.paths = texts(f.val)
			case "project_directory":
				in.project = f.val
			case "env_file":
				in.envFiles = texts(f.val)
			default:
				l.checkKey(f.key, f.rng(), "An include", set("path", "project_directory", "env_file"))
			}
		}
	default:
		in.paths = texts(v)
	}
	if len(in.paths) == 0 {
		l.errorAt("compose-type", v.rng(), "Invalid include", "An entry of include is a path, or a mapping with a path and perhaps project_directory and env_file.")
		return in, false
	}
	return in, true
}

// texts are the strings of a string or list.
func texts(v *value) []*value {
	all := []*value{v}
	if v.kind == listKind {
		all = v.list
	}
	return slices.DeleteFunc(slices.Clone(all), func(e *value) bool {
		s, ok := e.text()
		return !ok || s == ""
	})
}

// included loads the files of an inclusion, in an environment and a directory
// of their own.
func (l *loader) included(in inclusion, sc scope) *model {
	var paths []string
	for _, p := range in.paths {
		paths = append(paths, l.local(sc.dir, p.scalar.(string)))
	}
	inner := scope{dir: filepath.Dir(paths[0]), stack: sc.stack}
	if p, ok := in.project.text(); ok && p != "" {
		inner.dir = l.local(sc.dir, p)
	}
	if slices.Contains(sc.stack, paths[0]) || len(sc.stack) > maxIncluded {
		l.errorAt("compose-include-cycle", in.rng, "Include cycle",
			"A file cannot include itself: %s -> %s.", strings.Join(sc.stack, " -> "), paths[0])
		return nil
	}
	env, ok := l.includedEnv(in, sc, inner.dir)
	if !ok {
		return nil
	}
	inner.env = env
	key := includeKey(paths, inner)
	if m, ok := l.models[key]; ok {
		return m
	}
	var sources []*source
	for i, p := range paths {
		src := l.source(p, in.paths[i].rng(), "included file")
		if src == nil {
			return nil
		}
		sources = append(sources, src)
	}
	m := l.load(sources, inner)
	l.models[key] = m
	return m
}

func includeKey(paths []string, sc scope) string {
	var b strings.Builder
	for _, p := range append(slices.Clone(paths), sc.dir) {
		b.WriteString(p + "\x00")
	}
	for _, k := range sortedKeys(sc.env) {
		b.WriteString(k + "\x00" + sc.env[k] + "\x00")
	}
	return b.String()
}

// source reads and parses a file once.
func (l *loader) source(name string, rng hcl.Range, what string) *source {
	if src, ok := l.files[name]; ok {
		return src
	}
	data, err := l.open(name)
	if err != nil {
		l.errorAt("compose-file", rng, "File not readable", "The %s %s cannot be read: %v.", what, name, cause(err))
		return nil
	}
	src, bad := newSource(name, data)
	if bad != nil {
		l.diags = append(l.diags, bad)
	}
	l.files[name] = src
	return src
}

// includedEnv is the environment of included files: that of the including one
// over their env files, by default the .env in their directory.
func (l *loader) includedEnv(in inclusion, sc scope, dir string) (environment, bool) {
	type file struct {
		name string
		rng  hcl.Range
	}
	var files []file
	for _, f := range in.envFiles {
		if s := f.scalar.(string); s != "/dev/null" {
			files = append(files, file{l.local(sc.dir, s), f.rng()})
		}
	}
	optional := len(in.envFiles) == 0
	if optional {
		files = []file{{filepath.Join(dir, ".env"), in.rng}}
	}
	extra := environment{}
	for _, f := range files {
		data, err := l.open(f.name)
		if err != nil {
			if optional && missingFile(err) {
				continue
			}
			l.errorAt("compose-env-file", f.rng, "Environment file not readable", "The file %s cannot be read: %v.", f.name, cause(err))
			return nil, false
		}
		if !l.variables(extra, f.name, data, sc.env, true) {
			return nil, false
		}
	}
	maps.Copy(extra, sc.env)
	return extra, true
}
