package compose

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

var serviceName = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)

// targetName is the name of the target that builds a service.
func targetName(service string) string { return strings.ReplaceAll(service, ".", "_") }

// body makes the blocks: a target for each service with a build, and the group
// of those that are active.
func (l *loader) body(m *model, files []File) *body {
	b := &body{rng: hcl.Range{Start: hcl.InitialPos, End: hcl.InitialPos}}
	if len(files) > 0 {
		b.rng.Filename = files[0].Name
	}
	services := m.services.all()
	var active []hcl.Expression
	owner := map[string]field{}
	for _, f := range services {
		if !l.checkService(f) {
			continue
		}
		name := targetName(f.key)
		if first, ok := owner[name]; ok {
			l.warnAt("compose-same-target", f.rng(), "Two services make one target",
				"The services %s and %s both become the target %s, whose attributes are those of both. Rename one of them.", first.key, f.key, name)
		}
		b.blocks = append(b.blocks, l.block("target", name, f.rng(), l.attributes(f, m)))
		if _, ok := owner[name]; !ok && l.active(f.val) {
			active = append(active, textExpr(name, f.rng()))
		}
		owner[name] = f
	}
	if len(services) > 0 {
		rng := services[0].rng()
		var list hcl.Expression = listExpr(active, rng)
		if len(active) == 0 {
			list = &literal{val: cty.NullVal(cty.List(cty.String)), rng: rng} // printed as such
		}
		targets := &hcl.Attribute{Name: "targets", Expr: list, Range: rng, NameRange: rng}
		b.blocks = append(b.blocks, l.block("group", "default", rng, hcl.Attributes{"targets": targets}))
	}
	return b
}

func (l *loader) block(kind, name string, rng hcl.Range, attrs hcl.Attributes) *hcl.Block {
	return &hcl.Block{
		Type: kind, TypeRange: rng, DefRange: rng,
		Labels: []string{name}, LabelRanges: []hcl.Range{rng},
		Body: &body{attrs: attrs, rng: rng},
	}
}

// checkService reports what is wrong with a service as a whole, and tells
// whether it has a build.
func (l *loader) checkService(f field) bool {
	if !serviceName.MatchString(f.key) {
		l.errorAt("compose-service-name", f.rng(), "Invalid service name",
			"The name %q of this service has characters other than letters, digits, \".\", \"_\" and \"-\".", f.key)
		return false
	}
	if f.val.kind != mapKind && !f.val.isNull() {
		l.errorAt("compose-type", f.val.rng(), "Mapping expected", "A service is a mapping, but %s is %s.", f.key, f.val.describe())
		return false
	}
	build := f.val.field("build")
	switch {
	case build == nil && (f.val.field("provider") != nil || f.val.field("extends") != nil):
		return false // provided from outside, or what it extends was not found
	case build == nil && f.val.get("image").isNull():
		l.errorAt("compose-empty-service", f.rng(), "Service without image and build",
			"The service %s has neither an image nor a build. Add one of the two.", f.key)
		return false
	case build == nil:
		return false
	case build.val.isNull():
		l.errorAt("compose-type", build.rng(), "Empty build",
			"The build of service %s is empty. Write build: . for a build in this directory.", f.key)
		return false
	}
	return true
}

// active tells whether a service is in the group "default".
func (l *loader) active(service *value) bool {
	want := l.opt.Profiles
	if want == nil {
		want = strings.FieldsFunc(l.opt.Env["COMPOSE_PROFILES"], func(r rune) bool { return r == ',' || r == ' ' })
	}
	if len(want) == 0 || slices.Contains(want, "*") {
		return true
	}
	profiles := service.get("profiles")
	if profiles.isNull() {
		return true
	}
	l.reads("", profiles)
	names := texts(profiles)
	return len(names) == 0 || slices.ContainsFunc(names, func(p *value) bool {
		return slices.Contains(want, p.scalar.(string))
	})
}
