package bake

import (
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Keeping is what a builder does with images that are not pushed.
type Keeping struct {
	Images  bool // it has an image store, which is Docker's own: type=image without a push goes there, too
	Default bool // the image of a target without an output is loaded into Docker
}

// StoreCollisions warns of different builds that give one tag to an image in
// Docker, where the second takes it from the first. Which targets these are
// depends on the builder.
func (p *Plan) StoreCollisions(keeping Keeping) hcl.Diagnostics {
	return sortDiagnostics(p.tagCollisions(func(t *Target) []taggedName { return keeping.names(t) }))
}

// taggedName is a name that a target gives to its image in a place where each
// name means one image.
type taggedName struct {
	name  string
	place string // two that differ in it are two names; empty is a registry, as the name says which
	verb  string // what the target does with the image, for the diagnostic
	where string // to follow the name there
}

// tagCollisions warns of each name that a target gives after another target
// that is not the same build.
func (p *Plan) tagCollisions(names func(*Target) []taggedName) hcl.Diagnostics {
	type key struct{ name, place string }
	var diags hcl.Diagnostics
	given := map[key]*Target{}
	for _, t := range p.Targets {
		for _, n := range names(t) {
			k := key{fullName(n.name), n.place}
			if first := given[k]; first != nil && first != t && !SameBuild(first, t) {
				diags = append(diags, sameTag(first, t, n))
				continue
			}
			given[k] = t
		}
	}
	return diags
}

// publishedNames are the names under which the outputs of a target go to a
// registry or into an OCI layout: its tags, or without any the name that the
// output has.
func publishedNames(t *Target) []taggedName {
	var out []taggedName
	for _, o := range t.Outputs {
		n := taggedName{verb: "pushes"}
		switch {
		case pushes(o):
			if byDigest, _ := strconv.ParseBool(o.Attrs["push-by-digest"]); byDigest {
				continue
			}
		case (o.Type == "oci" || o.Type == "docker") && isLayout(o):
			dir := localPath(o.Dest)
			n = taggedName{place: dir, verb: "writes", where: " into " + dir}
		default:
			continue
		}
		out = append(out, n.each(imageNames(t, o))...)
	}
	return out
}

// names are the names that t gives to images in Docker.
func (k Keeping) names(t *Target) []taggedName {
	if method, err := t.Asks(); err != nil || method != "" {
		return nil // nothing is built
	}
	loaded := taggedName{place: "docker", verb: "loads", where: " into Docker"}
	var out []taggedName
	for _, o := range t.Outputs {
		n := loaded
		switch {
		case o.Type == "docker" && o.Dest == "" && !isLayout(o):
			if !k.Images {
				n.place += o.Attrs["context"]
			}
		case o.Type == "image" && !pushes(o) && k.Images:
		default:
			continue
		}
		out = append(out, n.each(imageNames(t, o))...)
	}
	if len(t.Outputs) == 0 && !t.Linked && k.Default {
		out = loaded.each(t.Tags)
	}
	return out
}

// each is n for every name of a list.
func (n taggedName) each(names []string) []taggedName {
	var out []taggedName
	for _, name := range names {
		n.name = name
		out = append(out, n)
	}
	return out
}

// pushes reports whether an output goes to a registry.
func pushes(o Entry) bool {
	push, _ := strconv.ParseBool(o.Attrs["push"])
	return o.Type == "registry" || o.Type == "image" && push
}

// imageNames are the names of the image of an output.
func imageNames(t *Target, o Entry) []string {
	if name := o.Attrs["name"]; name != "" && len(t.Tags) == 0 {
		return strings.Split(name, ",")
	}
	return t.Tags
}

// fullName is the name of an image with the tag that it has without one, and
// without what stands for Docker Hub: "nginx" and "docker.io/library/nginx:latest"
// are one name.
func fullName(name string) string {
	for _, hub := range []string{"index.docker.io/", "docker.io/"} {
		if rest, ok := strings.CutPrefix(name, hub); ok {
			name = strings.TrimPrefix(rest, "library/")
			break
		}
	}
	if !strings.ContainsAny(name[strings.LastIndex(name, "/")+1:], ":@") {
		name += ":latest"
	}
	return name
}

func sameTag(first, second *Target, n taggedName) *hcl.Diagnostic {
	summary := "Two targets push the same tag"
	if n.place != "" {
		summary = "Two targets make the same tag"
	}
	return warningAt("same-tag", originRange(second, "tags", ""), summary,
		"Target %q %s %s%s, and so does target %q (%s), but they are not the same build: which one the tag points to is left to chance. Give each its own tag.",
		second.Name, n.verb, n.name, n.where, first.Name, at(first.Range))
}
