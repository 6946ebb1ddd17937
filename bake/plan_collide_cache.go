package bake

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// cachePlace is where a cache is kept, and how to keep several there.
type cachePlace struct {
	kind string // the type of cache
	what string // unique: "registry cache example.com/cache:latest"
	hint string
}

// cacheCollisions reports targets that export their caches to one place: what
// the one has stored, the other replaces, so that each run finds the cache of
// whichever happened to be last.
func (p *Plan) cacheCollisions(env Env) hcl.Diagnostics {
	var diags hcl.Diagnostics
	owners := map[string]*Target{}
	for _, t := range p.Targets {
		for _, place := range cachePlaces(t, env) {
			first := owners[place.what]
			if first == nil {
				owners[place.what] = t
			} else if first != t && !SameBuild(first, t) {
				diags = append(diags, sameCache(first, t, place))
			}
		}
	}
	return diags
}

// cachePlaces are the places that the cache-to of t names, with the defaults of
// BuildKit. A cache within GitHub's service is left out where bake leaves it
// out, too: outside of its workflows.
func cachePlaces(t *Target, env Env) []cachePlace {
	var out []cachePlace
	kind := ""
	add := func(hint string, words ...string) {
		words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
		out = append(out, cachePlace{kind, strings.Join(words, " "), hint})
	}
	for _, c := range t.CacheTo {
		a := c.Attrs
		kind = c.Type
		switch c.Type {
		case "registry":
			add("ref="+untagged(a["ref"])+":"+t.Name, "registry cache", a["ref"])
		case "local":
			dest := localPath(cmp.Or(c.Dest, a["dest"]))
			add("dest="+filepath.Join(dest, t.Name), "local cache", dest, a["tag"])
		case "gha":
			if a["token"] != "" || env["ACTIONS_RUNTIME_TOKEN"] != "" {
				add("scope="+t.Name, "GitHub cache of scope", cmp.Or(a["scope"], "buildkit"))
			}
		case "s3":
			for name := range strings.SplitSeq(cmp.Or(a["name"], "buildkit"), ";") {
				add("name="+t.Name, "s3 cache", name, "in bucket", a["bucket"], a["prefix"], a["manifests_prefix"], a["endpoint_url"])
			}
		case "azblob":
			for name := range strings.SplitSeq(cmp.Or(a["name"], "buildkit"), ";") {
				add("name="+t.Name, "azblob cache", name, "in", cmp.Or(a["container"], "buildkit-cache"), a["prefix"], a["manifests_prefix"], a["account_url"])
			}
		}
	}
	return out
}

// untagged is a reference without its tag.
func untagged(ref string) string {
	if i := strings.LastIndex(ref, ":"); i > strings.LastIndex(ref, "/") {
		return ref[:i]
	}
	return ref
}

func sameCache(first, second *Target, place cachePlace) *hcl.Diagnostic {
	return errorAt("same-cache", originRange(second, "cache-to", place.kind), "Two targets export the same cache",
		"Target %q exports to the %s, and so does target %q (%s). Each would replace what the other has stored. Give each its own place, as in %s.",
		second.Name, place.what, first.Name, at(originRange(first, "cache-to", place.kind)), place.hint)
}

// originRange is where an attribute of a target was written, or an element of
// it, else the target.
func originRange(t *Target, attribute, key string) hcl.Range {
	if o := t.Origin(attribute, key); o != nil && o.Range.Filename != "" {
		return o.Range
	}
	return t.Range
}
