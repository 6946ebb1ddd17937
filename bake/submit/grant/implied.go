package grant

import (
	"slices"
	"strings"

	"bake/bake"
	"bake/bake/submit/host"
)

// Implied returns the entitlements that the user granted by typing what needs
// them: --set app.output=type=local,dest=/out allows to write to /out. Contexts
// and Dockerfiles are no part of it, as what they read is not seen from the
// command line.
func Implied(p *bake.Plan, env bake.Env) []string {
	var out []string
	grant := func(kind string, values []string) {
		for _, v := range values {
			out = append(out, kind+"="+v)
		}
	}
	for _, t := range p.Targets {
		grant(entitlementFSWrite, outputFiles(typed(t, "output", t.Outputs)))
		grant(entitlementFSWrite, cacheFiles(typed(t, "cache-to", t.CacheTo)))
		for _, c := range typed(t, "cache-from", t.CacheFrom) {
			if c.Type == "local" && c.Attrs["src"] != "" {
				grant(entitlementFSRead, []string{c.Attrs["src"]})
			}
		}
		own := typedCredentials(t)
		grant(entitlementFSRead, credentialFiles(own, &host.Caller{Env: env}))
		if forwardsAgent(own) {
			out = append(out, entitlementSSH)
		}
		for _, e := range t.Entitlements {
			if isTyped(t, "entitlements", e) && (e == NetworkHost || e == entitlementInsecure) {
				out = append(out, e)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// isTyped reports whether an element of an attribute comes from the command
// line.
func isTyped(t *bake.Target, attribute, key string) bool {
	o := t.Origin(attribute, key)
	return o != nil && o.Kind == bake.KindFlag
}

// typed returns the entries that come from the command line. An entry is known
// by its type, so that of several of a type all count as from the definition
// unless the command line replaced the whole list.
func typed(t *bake.Target, attribute string, entries []bake.Entry) []bake.Entry {
	number := map[string]int{}
	for _, e := range entries {
		number[e.Type]++
	}
	var out []bake.Entry
	for _, e := range entries {
		if number[e.Type] == 1 && isTyped(t, attribute, e.Type) || replaced(t, attribute) {
			out = append(out, e)
		}
	}
	return out
}

// replaced reports whether the command line gave all of an attribute, with an
// override that names it: --push, too, counts as the origin of outputs.
func replaced(t *bake.Target, attribute string) bool {
	o := t.Origin(attribute, "")
	if o == nil || o.Kind != bake.KindFlag {
		return false
	}
	key, _, _ := strings.Cut(o.Name, "=")
	return strings.HasSuffix(key, "."+attribute)
}

// typedCredentials is a target with those secrets and keys of t that come from
// the command line.
func typedCredentials(t *bake.Target) *bake.Target {
	own := &bake.Target{}
	for _, s := range t.Secrets {
		if isTyped(t, "secret", s.ID) {
			own.Secrets = append(own.Secrets, s)
		}
	}
	for _, s := range t.SSH {
		if isTyped(t, "ssh", s.ID) {
			own.SSH = append(own.SSH, s)
		}
	}
	return own
}
