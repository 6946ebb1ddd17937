package compose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// build makes the attributes of one target.
type build struct {
	*loader
	name    string // of the service
	service *value
	build   *value
	model   *model
	attrs   hcl.Attributes
}

// attributes makes the attributes of the target that builds a service.
func (l *loader) attributes(f field, m *model) hcl.Attributes {
	b := &build{loader: l, name: f.key, service: f.val, model: m, attrs: hcl.Attributes{}}
	at := f.val.field("build")
	b.build = at.val
	if s, ok := at.val.text(); ok {
		b.reads(at.val)
		b.set("context", *at, textExpr(l.context("", s), at.val.rng()))
		b.build = &value{kind: mapKind, src: at.src, node: at.at}
		if s == "" {
			delete(b.attrs, "context")
		}
	} else if at.val.kind != mapKind {
		l.errorAt("compose-type", at.val.rng(), "Mapping expected", "build is the path of a context, or a mapping, but this is %s.", at.val.describe())
		return b.attrs
	}
	env := l.serviceEnvironment(f.val, l.opt.Env)
	for _, f := range b.build.fields {
		if f.val.isNull() {
			b.refuseKey(f, "A build", buildKeys)
			continue
		}
		b.field(f, env)
	}
	b.exclusive()
	if x := b.build.field("x-bake"); x != nil {
		b.extension(*x)
	}
	if image := f.val.field("image"); image != nil && b.attrs["tags"] == nil {
		b.reads(image.val)
		if s, ok := l.str(image.val, "image"); ok {
			b.set("tags", *image, listExpr([]hcl.Expression{textExpr(s, image.val.rng())}, image.val.rng()))
		}
	}
	return b.attrs
}

// set adds an attribute that is written as the value of a key.
func (b *build) set(name string, f field, expr hcl.Expression) {
	b.attrs[name] = &hcl.Attribute{Name: name, Expr: expr, NameRange: f.rng(), Range: hcl.RangeBetween(f.rng(), expr.Range())}
	if f.rng().Filename != expr.Range().Filename {
		b.attrs[name].Range = expr.Range()
	}
}

func (b *build) setText(name string, f field) {
	if s, ok := b.str(f.val, f.key); ok {
		b.set(name, f, textExpr(s, f.val.rng()))
	}
}

func (b *build) setTrue(name string, f field) {
	if b.boolean(f.val, f.key) {
		b.set(name, f, boolExpr(true, f.val.rng()))
	}
}

func (b *build) setList(name string, f field, items []hcl.Expression) {
	if len(items) > 0 {
		b.set(name, f, listExpr(items, f.val.rng()))
	}
}

func (b *build) setMap(name string, f field, pairs []hcl.KeyValuePair) {
	if len(pairs) > 0 {
		b.set(name, f, mapExpr(pairs, f.val.rng()))
	}
}

// field converts one key of build.
func (b *build) field(f field, env environment) {
	if buildKeys[f.key] && f.key != "isolation" {
		b.reads(f.val)
	}
	switch f.key {
	case "context":
		if s, ok := b.str(f.val, f.key); ok {
			b.set("context", f, textExpr(b.context("", s), f.val.rng()))
		}
	case "dockerfile", "target", "network":
		b.setText(f.key, f)
	case "dockerfile_inline":
		b.setText("dockerfile-inline", f)
	case "args":
		b.setMap("args", f, b.textPairs(b.arguments(f.val, env)))
	case "labels":
		b.setMap("labels", f, b.textPairs(filled(b.mapping(f.val, f.key))))
	case "additional_contexts":
		b.setMap("contexts", f, b.textPairs(b.contexts(f.val)))
	case "tags", "platforms":
		b.setList(f.key, f, b.textItems(b.stringList(f.val, f.key, false)))
	case "cache_from", "cache_to":
		b.setList(strings.ReplaceAll(f.key, "_", "-"), f, b.entryItems(b.stringList(f.val, f.key, false)))
	case "no_cache":
		b.setTrue("no-cache", f)
	case "pull":
		b.setTrue("pull", f)
	case "no_cache_filter":
		b.setList("no-cache-filter", f, b.textItems(b.stringList(f.val, f.key, true)))
	case "shm_size":
		b.shmSize(f)
	case "extra_hosts":
		b.setMap("extra-hosts", f, b.hosts(f.val))
	case "ulimits":
		b.setList("ulimits", f, b.ulimits(f.val))
	case "ssh":
		b.setList("ssh", f, b.ssh(f.val))
	case "secrets":
		b.setList("secret", f, b.secrets(f.val))
	case "sbom", "provenance":
		b.attest(f)
	case "entitlements":
		b.entitlements(f, b.stringList(f.val, f.key, false))
	case "privileged":
		if b.boolean(f.val, f.key) {
			b.entitlements(f, []*value{{scalar: "security.insecure", src: f.val.src, node: f.val.node}})
		}
	case "isolation":
		b.str(f.val, f.key) // of the right kind, though without effect
		b.ignored(f.rng(), "isolation of service %s: BuildKit builds Linux images in one way", b.name)
	default:
		b.refuseKey(f, "A build", buildKeys)
	}
}

// refuseKey reports a key that is not one of those Compose allows here.
func (b *build) refuseKey(f field, where string, known map[string]bool) {
	if !known[f.key] && !strings.HasPrefix(f.key, "x-") {
		b.errorAt("compose-unknown-key", f.rng(), "Unknown key", "%s has no %q.%s", where, f.key, didYouMean(f.key, sortedKeys(known)))
	}
}

// exclusive reports attributes that cannot stand together.
func (b *build) exclusive() {
	file, inline := b.attrs["dockerfile"], b.attrs["dockerfile-inline"]
	if file != nil && inline != nil {
		b.errorAt("compose-two-dockerfiles", inline.NameRange, "Two Dockerfiles",
			"The service %s has a dockerfile (line %d) and a dockerfile_inline. Remove one of the two.", b.name, file.NameRange.Start.Line)
	}
}

// arguments are the build arguments. One without a value takes it from the
// service's environment or else the project's, and is dropped without one.
func (b *build) arguments(v *value, env environment) []entry {
	args := b.mapping(v, "args")
	for i, e := range args {
		if e.val != nil {
			continue
		}
		b.readsEnvironment(e.key)
		if s, ok := lookups(env, b.opt.Env)(e.key); ok {
			args[i].val = &s
			if f := b.service.get("environment").field(e.key); f != nil {
				args[i].number = f.val
			}
		}
	}
	return args
}

// filled gives entries without a value an empty one.
func filled(entries []entry) []entry {
	empty := ""
	for i := range entries {
		if entries[i].val == nil {
			entries[i].val = &empty
		}
	}
	return entries
}

// contexts are the named contexts. Another service is the target that builds
// it, and must have a build.
func (b *build) contexts(v *value) []entry {
	out := b.mapping(v, "additional_contexts")
	for _, e := range out {
		if e.val == nil && v.kind == listKind {
			b.errorAt("compose-type", e.keyAt, "Context without a value", "An entry of additional_contexts is NAME=CONTEXT, but this is %q.", e.key)
		}
	}
	out = filled(out)
	for i, e := range out {
		context := b.context("", *e.val)
		if service, ok := strings.CutPrefix(*e.val, "service:"); ok {
			b.checkLink(e, service)
		}
		context = linked(context)
		out[i].val = &context
	}
	return out
}

// linked is a context as bake writes it.
func linked(context string) string {
	for _, prefix := range []string{"service:", "target:"} {
		if name, ok := strings.CutPrefix(context, prefix); ok {
			return "target:" + targetName(name)
		}
	}
	return context
}

func (b *build) checkLink(e entry, service string) {
	other := b.model.services.get(service)
	if other == nil {
		var known []string
		for _, f := range b.model.services.all() {
			known = append(known, f.key)
		}
		b.errorAt("compose-unknown-service", e.valAt, "Unknown service",
			"The service %s uses the service %q as context %s, and there is no such service.%s", b.name, service, e.key, didYouMean(service, known))
		return
	}
	if other.val.get("build").isNull() {
		b.errorAt("compose-no-build", e.valAt, "Service without a build",
			"The service %s uses the service %s as context %s, but that has no build. Use docker-image://IMAGE for an image.", b.name, service, e.key)
	}
}

// entitlements adds privileges; attributes of two names do.
func (b *build) entitlements(f field, names []*value) {
	items := b.textItems(names)
	if old := b.attrs["entitlements"]; old != nil {
		items = withNew(old.Expr.(*literal).items, items)
	}
	b.setList("entitlements", f, items)
}

// withNew are the old elements and those of the new that are not among them.
func withNew(old, items []hcl.Expression) []hcl.Expression {
	out := slices.Clone(old)
	for _, x := range items {
		if !slices.ContainsFunc(old, func(y hcl.Expression) bool { return x.(*literal).val.RawEquals(y.(*literal).val) }) {
			out = append(out, x)
		}
	}
	return out
}

// attest adds an attestation; attributes of two names do.
func (b *build) attest(f field) {
	if f.val.kind != scalarKind {
		b.errorAt("compose-type", f.val.rng(), "Text expected", "%s is true, false or parameters such as mode=max, but this is %s.", f.key, f.val.describe())
		return
	}
	text := f.val.render()
	if text == "" {
		return
	}
	params := text
	if on, err := strconv.ParseBool(text); err == nil {
		params = fmt.Sprintf("disabled=%t", !on)
	}
	item := textExpr("type="+f.key+","+params, f.val.rng())
	var items []hcl.Expression
	if old := b.attrs["attest"]; old != nil {
		items = old.Expr.(*literal).items
	}
	items = append(items, item)
	slices.SortFunc(items, func(x, y hcl.Expression) int { // sbom after provenance in text, before it in buildx
		return strings.Compare(y.(*literal).val.AsString(), x.(*literal).val.AsString())
	})
	b.setList("attest", f, items)
}
