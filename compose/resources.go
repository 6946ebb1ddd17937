package compose

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// shmSize converts shm_size, a number of bytes or a text such as 2gb.
func (b *build) shmSize(f field) {
	n, ok := whole(f.val)
	if text, isText := f.val.text(); isText {
		var size types.UnitBytes
		ok = size.DecodeMapstructure(text) == nil && size >= 0 // negative: it is too large
		n = int64(size)
	}
	switch {
	case !ok:
		b.noSize(f.val)
	case n < 0:
		b.warnAt("compose-size", f.val.rng(), "Size below zero", "shm_size is a number of bytes, but this is %s, so it has no effect: the builder chooses the size.", f.val.describe())
	case n > 0:
		b.set("shm-size", f, textExpr(sizeText(n), f.val.rng()))
	}
}

// noSize says why a value is no size.
func (b *build) noSize(v *value) {
	switch s := v.scalar.(type) {
	case string:
		b.errorAt("compose-size", v.rng(), "Invalid size", "shm_size is a number of bytes, or a size such as 128m or 2gb, below 8 EiB, but this is %q.", s)
	case float64, uint64:
		b.errorAt("compose-size", v.rng(), "Invalid size", "shm_size is a whole number of bytes below 8 EiB, but this is %s.", v.describe())
	default:
		b.errorAt("compose-type", v.rng(), "Size expected", "shm_size is a number of bytes, or a size such as 128m or 2gb, but this is %s.", v.describe())
	}
}

// whole is a number without a fraction, in whichever way it is written: 4096,
// 4_096, 0x1000, 0o10000, 0b1000000000000, 4.096e3.
func whole(v *value) (int64, bool) {
	switch n := v.scalar.(type) {
	case int:
		return int64(n), true
	case float64:
		const most = 1 << 63
		if n == math.Trunc(n) && -most <= n && n < most {
			return int64(n), true
		}
	}
	return 0, false
}

// sizeText writes a size as short as it can without losing a byte.
func sizeText(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	size, i := float64(n), 0
	for size >= 1024 && i < len(units)-1 {
		size /= 1024
		i++
	}
	text := strconv.FormatFloat(size, 'g', 4, 64)
	back, err := strconv.ParseFloat(text, 64)
	if exact := float64(n); err != nil || back != size || strings.Contains(text, "e") || exact >= 1<<63 || int64(exact) != n {
		return strconv.FormatInt(n, 10)
	}
	return text + units[i]
}

// ulimits converts limits, each one number or a soft and a hard one.
func (b *build) ulimits(v *value) []hcl.Expression {
	if v.kind != mapKind {
		b.errorAt("compose-type", v.rng(), "Mapping expected", "ulimits is a mapping from limits to numbers, but this is %s.", v.describe())
		return nil
	}
	var items []hcl.Expression
	for _, f := range v.fields {
		soft, hard, ok := b.ulimit(f)
		if ok {
			items = append(items, textExpr(fmt.Sprintf("%s=%d:%d", f.key, soft, hard), f.val.rng()))
		}
	}
	slices.SortFunc(items, func(x, y hcl.Expression) int {
		return strings.Compare(x.(*literal).val.AsString(), y.(*literal).val.AsString())
	})
	return items
}

func (b *build) ulimit(f field) (soft, hard int, ok bool) {
	if f.val.kind == scalarKind {
		soft, ok = b.integer(f.val, f.key)
		return soft, soft, ok
	}
	s, h := f.val.get("soft"), f.val.get("hard")
	if s.isNull() || h.isNull() {
		b.errorAt("compose-type", f.val.rng(), "Incomplete limit", "The limit %s is a number, or a mapping with soft and hard.", f.key)
		return 0, 0, false
	}
	for _, x := range f.val.fields {
		b.refuseKey(x, "A limit", set("soft", "hard"))
	}
	soft, ok = b.integer(s, "soft")
	hard, ok2 := b.integer(h, "hard")
	return soft, hard, ok && ok2
}

func (b *build) integer(v *value, name string) (int, bool) {
	if n, ok := whole(v); ok {
		return int(n), true
	}
	if text, ok := v.text(); ok {
		if n, err := strconv.Atoi(text); err == nil {
			return n, true
		}
	}
	b.errorAt("compose-type", v.rng(), "Number expected", "%s is a whole number, but this is %s.", name, v.describe())
	return 0, false
}

// ssh converts agents and keys, sorted by id.
func (b *build) ssh(v *value) []hcl.Expression {
	entries := b.mapping(v, "ssh")
	slices.SortFunc(entries, func(x, y entry) int { return strings.Compare(x.key, y.key) })
	var items []hcl.Expression
	for _, e := range entries {
		if e.val == nil && e.key != "default" && v.kind == listKind {
			b.errorAt("compose-ssh", e.keyAt, "Key without a path", "The ssh key %q needs a path: %s=PATH. Only default goes without one.", e.key, e.key)
			continue
		}
		item := map[string]cty.Value{"id": cty.StringVal(e.key)}
		pairs := []hcl.KeyValuePair{{Key: textExpr("id", e.keyAt), Value: textExpr(e.key, e.keyAt)}}
		if e.val != nil && *e.val != "" {
			path := textExpr(b.local("", *e.val), e.valAt)
			paths := listExpr([]hcl.Expression{path}, e.valAt)
			item["paths"] = paths.val
			pairs = append(pairs, hcl.KeyValuePair{Key: textExpr("paths", e.keyAt), Value: paths})
		}
		items = append(items, &literal{val: cty.ObjectVal(item), rng: e.keyAt, pairs: pairs})
	}
	return items
}

// secrets converts the secrets of a build, by name or by mapping; what they
// are is in the project's secrets.
func (b *build) secrets(v *value) []hcl.Expression {
	if v.kind != listKind {
		b.errorAt("compose-type", v.rng(), "List expected", "secrets is a list of names, or of mappings with a source, but this is %s.", v.describe())
		return nil
	}
	var items []hcl.Expression
	at := map[string]int{}
	for _, e := range v.list {
		name, ok := b.secretName(e)
		if !ok {
			continue
		}
		item, ok := b.secret(name, e)
		if !ok {
			continue
		}
		if i, ok := at[name]; ok {
			items[i] = item
			continue
		}
		at[name] = len(items)
		items = append(items, item)
	}
	return items
}

func (b *build) secretName(e *value) (string, bool) {
	source := e
	if e.kind == mapKind {
		source = e.get("source")
	}
	for _, f := range e.fields {
		b.refuseKey(f, "A secret of a build", secretMountKeys)
		if f.key != "source" && secretMountKeys[f.key] {
			b.ignored(f.rng(), "%s of a build secret of service %s: RUN --mount says where a secret appears", f.key, b.name)
		}
	}
	if text, ok := source.text(); source.isNull() || ok && text == "" {
		b.errorAt("compose-type", e.rng(), "Secret without a source", "A secret of a build is a name, or a mapping with a source.")
		return "", false
	}
	return b.str(source, "source")
}

func (b *build) secret(name string, at *value) (hcl.Expression, bool) {
	if !serviceName.MatchString(name) {
		b.errorAt("compose-secret-name", at.rng(), "Invalid secret name",
			"The name %q of this secret has characters other than letters, digits, \".\", \"_\" and \"-\".", name)
		return nil, false
	}
	def := b.model.secrets.get(name)
	if def == nil {
		var known []string
		for _, f := range b.model.secrets.all() {
			known = append(known, f.key)
		}
		b.errorAt("compose-unknown-secret", at.rng(), "Unknown secret",
			"The service %s uses the secret %q, which the top-level secrets do not have.%s", b.name, name, didYouMean(name, known))
		return nil, false
	}
	if ext := def.val.get("external"); !ext.isNull() && (ext.kind == mapKind || b.boolean(ext, "external")) {
		b.errorAt("compose-external-secret", at.rng(), "External secret",
			"The secret %s is external, so its value is not known to a build. Give it a file or an environment.", name)
		return nil, false
	}
	pairs := []hcl.KeyValuePair{{Key: textExpr("id", at.rng()), Value: textExpr(name, at.rng())}}
	for _, form := range []struct{ key, attr string }{{"file", "src"}, {"environment", "env"}} {
		f := def.val.field(form.key)
		if f == nil {
			continue
		}
		b.reads(f.val)
		if s, ok := b.str(f.val, form.key); ok {
			switch val, ok := b.secretValues[f.val]; {
			case form.key == "file":
				s = b.local("", s)
			case ok && b.opt.Secret != nil:
				b.opt.Secret(name, s, val)
			}
			pairs = append(pairs, hcl.KeyValuePair{Key: textExpr(form.attr, f.rng()), Value: textExpr(s, f.val.rng())})
		}
	}
	if len(pairs) == 1 {
		b.errorAt("compose-empty-secret", def.rng(), "Secret without a value", "The secret %s needs a file or an environment.", name)
		return nil, false
	}
	return mapExpr(pairs, at.rng()), true
}
