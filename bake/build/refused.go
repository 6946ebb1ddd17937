package build

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// notGranted is how BuildKit says that it does not grant an entitlement which its
// client allows.
var notGranted = pattern(`granting entitlement (\S+) is not allowed by build daemon configuration`)

// refusedError says that the builder itself does not grant an entitlement.
type refusedError struct {
	node        *node
	entitlement string // without a value
	err         error
}

func (e *refusedError) Error() string { return e.err.Error() }
func (e *refusedError) Unwrap() error { return e.err }

// refused recognises the refusal of an entitlement by the node of q, and finds
// what in the definition asks for it.
func (q *request) refused(err error) error {
	if known := (*refusedError)(nil); err == nil || errors.As(err, &known) {
		return err
	}
	found := notGranted().FindStringSubmatch(err.Error())
	if found == nil {
		return err
	}
	name, _, _ := strings.Cut(found[1], "=")
	attribute := "entitlements"
	if name == entitlementNetworkHost && !slices.Contains(q.target.Entitlements, name) {
		attribute = "network"
	}
	return in(attribute, "", &refusedError{q.node, name, err})
}

// Hint is how the builder is made to grant it: every kind of builder has a
// place of its own where that is said.
func (e *refusedError) Hint() string {
	switch driver := e.node.Driver.Factory().Name(); {
	case e.node.embedded:
		return "The engine grants what it was started with: after `bake engine stop`, a build with this --allow starts one that grants it."
	case e.node.Driver.IsMobyDriver():
		return fmt.Sprintf("Docker itself does not grant it. It does when its daemon.json (/etc/docker/daemon.json, for a rootless Docker ~/.config/docker/daemon.json) says so and it was started again:\n\n  {\"builder\": {\"entitlements\": {%q: true}}}", strings.ReplaceAll(e.entitlement, ".", "-"))
	case driver == remoteDriver:
		return fmt.Sprintf("The builder itself does not grant it. Who runs it has to start buildkitd with --allow-insecure-entitlement %s, or with this in its buildkitd.toml:\n\n  insecure-entitlements = [%q]", e.entitlement, e.entitlement)
	default:
		return fmt.Sprintf("The builder itself does not grant it, as it was created. One that does:\n\n  bake builders create --driver %s --buildkitd-flags '--allow-insecure-entitlement %s'", driver, e.entitlement)
	}
}
