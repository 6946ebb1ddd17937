package bake

import (
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
)

// Collisions reports targets that would overwrite each other's results: two
// that write one file or export one cache are an error, two different builds
// that push one tag, or give it to an image of one OCI layout, a warning. It
// looks at the plan alone, before anything runs; what depends on the builder is
// for StoreCollisions. Several targets may export into one directory: whether
// they write the same file there shows only when they do. env tells whether a
// cache of GitHub can be used.
func (p *Plan) Collisions(env Env) hcl.Diagnostics {
	diags := append(p.cacheCollisions(env), p.tagCollisions(publishedNames)...)
	files := map[string]written{}
	for _, t := range p.Targets {
		for _, w := range writtenPaths(t) {
			first, taken := files[w.path]
			if taken && first.target != t && !(first.shared && w.shared) {
				diags = append(diags, samePath(first.target, t, w.path))
				continue
			}
			files[w.path] = w
		}
	}
	return sortDiagnostics(diags)
}

// written is a path that a target's output writes: a file, "-" for standard
// output, or a directory.
type written struct {
	path   string
	target *Target
	shared bool // a directory into which several targets may export
}

func writtenPaths(t *Target) []written {
	var out []written
	for _, o := range t.Outputs {
		w := written{path: localPath(o.Dest), target: t}
		switch o.Type {
		case "local":
			w.shared = o.Attrs["mode"] != "delete"
		case "tar", "oci":
			w.shared = isLayout(o)
			if o.Dest == "" {
				w.path = "-"
			}
		case "docker":
			w.shared = isLayout(o)
		default:
			continue
		}
		if o.Dest != "" || w.path == "-" {
			out = append(out, w)
		}
	}
	return out
}

// isLayout reports whether an output is an OCI layout directory, which lists the
// images of all that write to it.
func isLayout(o Entry) bool {
	tar, err := strconv.ParseBool(o.Attrs["tar"])
	return err == nil && !tar
}

// SameBuild tells whether two targets build and export exactly the same, so
// that one build serves both.
func SameBuild(a, b *Target) bool { return slices.Equal(a.buildKey(), b.buildKey()) }

// buildKey is all that decides what a target builds, its links included.
func (t *Target) buildKey() []byte {
	fields := t.fields()
	fields = slices.DeleteFunc(fields, func(m jsonMember) bool { return m.name == "description" })
	for _, l := range t.Links {
		fields = append(fields, jsonMember{l.Context, l.Target.Name})
	}
	var w jsonWriter
	w.object(fields)
	return w.buf
}

func samePath(first, second *Target, path string) *hcl.Diagnostic {
	where := "the path " + path
	if path == "-" {
		where = "standard output"
	}
	return errorAt("same-output", originRange(second, "output", ""), "Two targets write the same output",
		"Target %q writes %s, and so does target %q (%s). One would overwrite the other. Give each its own dest.",
		second.Name, where, first.Name, at(originRange(first, "output", "")))
}
