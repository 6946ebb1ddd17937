package submit

import (
	"errors"
	"strings"
	"testing"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/node"

	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/driver"
)

// named is a driver of which nothing is known but its name.
type named struct {
	driver.Driver
	name string
}

type namedFactory struct {
	driver.Factory
	name string
}

func (f namedFactory) Name() string { return f.name }

func (d named) Factory() driver.Factory { return namedFactory{name: d.name} }
func (d named) IsMobyDriver() bool      { return d.name == "docker" }

// An entitlement that a builder refuses is told with the place where that
// builder is made to grant it, and with what asks for it.
func TestRefused(t *testing.T) {
	host := "host"
	for _, tc := range []struct {
		driver, entitlement string
		target              bake.Target
		attribute           string
		says                []string
	}{
		{"docker", "security.insecure", bake.Target{Entitlements: []string{"security.insecure"}}, "entitlements", []string{"daemon.json", `{"builder": {"entitlements": {"security-insecure": true}}}`}},
		{"docker", "network.host", bake.Target{Network: &host}, "network", []string{`{"network-host": true}`}},
		{"docker", "device=vendor.com/gpu=0", bake.Target{Entitlements: []string{"device"}}, "entitlements", []string{`{"device": true}`}},
		{"docker-container", "security.insecure", bake.Target{}, "entitlements", []string{"bake builders create --driver docker-container --buildkitd-flags '--allow-insecure-entitlement security.insecure'"}},
		{"kubernetes", "network.host", bake.Target{}, "network", []string{"--driver kubernetes", "--allow-insecure-entitlement network.host"}},
		{"remote", "device", bake.Target{}, "entitlements", []string{"buildkitd.toml", `insecure-entitlements = ["device"]`}},
		{"embedded", "security.insecure", bake.Target{}, "entitlements", []string{"bake engine stop"}},
	} {
		q := &request{target: &tc.target, node: &node.Node{
			Node:     builder.Node{Driver: &driver.DriverHandle{Driver: named{name: tc.driver}}},
			Embedded: tc.driver == "embedded",
		}}
		cause := errors.New("failed to solve: granting entitlement " + tc.entitlement + " is not allowed by build daemon configuration")
		err := q.refused(q.refused(cause))
		var blamed *failure.AttributeError
		if !errors.As(err, &blamed) || blamed.Attribute != tc.attribute || err.Error() != cause.Error() {
			t.Errorf("%s, %s: %v blames %+v, want %s", tc.driver, tc.entitlement, err, blamed, tc.attribute)
		}
		for _, text := range tc.says {
			if hint := failure.Hint(err); !strings.Contains(hint, text) {
				t.Errorf("%s, %s: the hint does not say %q: %s", tc.driver, tc.entitlement, text, hint)
			}
		}
	}
	q := &request{}
	if other := errors.New("not granted"); q.refused(other) != other || q.refused(nil) != nil {
		t.Error("another error is taken for a refusal")
	}
}
