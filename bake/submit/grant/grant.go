package grant

import (
	"maps"
	"slices"
	"strings"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/host"

	"github.com/moby/buildkit/client"
)

const (
	NetworkHost            = "network.host"
	entitlementInsecure    = "security.insecure"
	entitlementDevice      = "device"
	entitlementLocalDelete = "buildx.local.delete"
)

// Of returns the entitlements that building t needs on the engine,
// with those of the targets it links to, because t evaluates their steps too.
func Of(t *bake.Target) []string {
	set := map[string]bool{}
	var collect func(*bake.Target)
	seen := map[*bake.Target]bool{}
	collect = func(t *bake.Target) {
		if seen[t] {
			return
		}
		seen[t] = true
		for _, e := range t.Entitlements {
			set[e] = true
		}
		if t.Network != nil && *t.Network == "host" {
			set[NetworkHost] = true
		}
		for _, l := range t.Links {
			collect(l.Target)
		}
	}
	collect(t)
	return slices.Sorted(maps.Keys(set))
}

// Check returns a *failure.EntitlementError if the plan needs privileges
// that allow does not grant. Needs are those of all targets together.
func Check(p *bake.Plan, at *host.Caller, allow []string) error {
	needs := map[string][]string{}
	for _, t := range p.Targets {
		if asks(t) {
			continue // nothing runs, nothing is written
		}
		for _, e := range Of(t) {
			needs[e] = append(needs[e], t.Name)
		}
		if deletes(t) {
			needs[entitlementLocalDelete] = append(needs[entitlementLocalDelete], t.Name)
		}
	}
	if err := addFileNeeds(p, at, allow, needs); err != nil {
		return err
	}
	var missing []bake.Entitlement
	for _, name := range slices.Sorted(maps.Keys(needs)) {
		if !granted(name, allow) {
			missing = append(missing, bake.Entitlement{Name: name, Targets: needs[name]})
		}
	}
	if len(missing) > 0 {
		return &failure.EntitlementError{Missing: missing}
	}
	return nil
}

// granted reports whether allow covers the entitlement. "device" alone covers
// every device.
func granted(name string, allow []string) bool {
	for _, a := range allow {
		if a == name || a == entitlementDevice && strings.HasPrefix(name, entitlementDevice+"=") {
			return true
		}
	}
	return false
}

// deletes reports whether a local output of t removes what it did not write,
// which takes a grant wherever that is: a directory of sources, too, lies inside
// the working directory.
func deletes(t *bake.Target) bool {
	for _, o := range t.Outputs {
		if o.Type != client.ExporterLocal {
			continue
		}
		mode, err := client.ParseLocalExporterMode(o.Attrs["mode"])
		if err == nil && mode == client.LocalExporterModeDelete {
			return true // a wrong mode is reported when the outputs are prepared
		}
	}
	return false
}

// asks reports whether the frontend is asked about t and t is not built. A call
// that cannot be read is reported when t is prepared.
func asks(t *bake.Target) bool {
	method, err := t.Asks()
	return err == nil && method != ""
}
