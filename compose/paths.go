package compose

import (
	"path/filepath"
	"strings"
)

// remotePrefixes mark a context that BuildKit fetches itself.
var remotePrefixes = []string{"https://", "http://", "git://", "ssh://", "github.com/", "git@"}

// isLocal tells whether a context is a directory, not a URL, another service
// or another target.
func isLocal(context string) bool {
	if context == "" || strings.Contains(context, "://") {
		return false
	}
	for _, prefix := range append(remotePrefixes, "service:", "target:", "docker-image:") {
		if strings.HasPrefix(context, prefix) {
			return false
		}
	}
	return true
}

// local is a path relative to dir (relative to the working directory, "" for
// itself), with "~" for the home directory, in its shortest form.
func (l *loader) local(dir, path string) string {
	if path == "~" || strings.HasPrefix(path, "~/") {
		if home := l.opt.Env["HOME"]; home != "" {
			path = home + path[1:]
		}
	}
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func (l *loader) context(dir, context string) string {
	if !isLocal(context) {
		return context
	}
	return l.local(dir, context)
}

// rebase makes the paths of a service, which are relative to dir, relative to
// the working directory.
func (l *loader) rebase(service *value, dir string) *value {
	if dir == "" || service == nil || service.kind != mapKind {
		return service
	}
	path := func(p string) string { return l.local(dir, p) }
	context := func(p string) string { return l.context(dir, p) }
	service = rewrite(service, "env_file", func(v *value) *value {
		return eachText(v, func(e *value) *value { return rewriteText(e, "path", path) }, path)
	})
	return rewrite(service, "build", func(b *value) *value {
		if _, ok := b.text(); ok {
			return changeText(b, context)
		}
		b = rewriteText(b, "context", context)
		b = rewrite(b, "additional_contexts", func(v *value) *value { return eachEntry(v, context) })
		return rewrite(b, "ssh", func(v *value) *value { return eachEntry(v, path) })
	})
}

// rewrite replaces an entry of a map, if it is there.
func rewrite(v *value, key string, change func(*value) *value) *value {
	f := v.field(key)
	if f == nil || f.val.isNull() {
		return v
	}
	c := *f
	c.val = change(f.val)
	return v.set(c)
}

func rewriteText(v *value, key string, change func(string) string) *value {
	return rewrite(v, key, func(e *value) *value { return changeText(e, change) })
}

func changeText(v *value, change func(string) string) *value {
	if s, ok := v.text(); ok && s != "" {
		return v.with(change(s))
	}
	return v
}

// eachText changes a string, or the strings and maps in a list.
func eachText(v *value, maps func(*value) *value, texts func(string) string) *value {
	if v.kind != listKind {
		return changeText(v, texts)
	}
	c := *v
	c.list = make([]*value, len(v.list))
	for i, e := range v.list {
		c.list[i] = changeText(maps(e), texts)
	}
	return &c
}

// eachEntry changes the values of a map, also of one written as a list of
// KEY=VALUE.
func eachEntry(v *value, change func(string) string) *value {
	c := *v
	switch v.kind {
	case mapKind:
		c.fields = append([]field(nil), v.fields...)
		for i := range c.fields {
			c.fields[i].val = changeText(c.fields[i].val, change)
		}
	case listKind:
		c.list = make([]*value, len(v.list))
		for i, e := range v.list {
			c.list[i] = changeText(e, func(s string) string {
				if key, val, ok := strings.Cut(s, "="); ok && val != "" {
					return key + "=" + change(val)
				}
				return s
			})
		}
	}
	return &c
}
