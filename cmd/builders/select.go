package builders

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"bake/bake"
	"bake/bake/engine"
	"bake/bake/submit"
	"bake/bake/submit/credential"
	"bake/cmd/app"
	"bake/cmd/enginecmd"
	"bake/cmd/exit"

	remotes "github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/driver"
	"github.com/docker/buildx/store"
	"github.com/docker/buildx/util/dockerutil"
)

// EmbeddedName is the name by which --builder asks for bake's own engine, and
// that of its driver.
const EmbeddedName = engine.DriverName

// dockerName is that of the driver for the BuildKit inside Docker, whose images
// are Docker's.
const dockerName = "docker"

// Selection is the builder of a run, and why it was chosen.
type Selection struct {
	Name   string
	Driver string
	Why    string
	Nodes  []builder.Node

	Announced bool // it was said already which one is used

	docker *dockerutil.Client // loads images into Docker; nil without Docker

	registries remotes.RegistryHosts // how it reaches registries, if its nodes do not say
	tokenTLS   credential.TokenTLS   // and the servers that give tokens for them

	// say shows what happens to the embedded engine, once a display is there.
	Say func(text string)
}

// TellRegistries lets a run reach registries as the builder does.
func (s *Selection) TellRegistries(o *submit.Options) {
	o.Registries, o.TokenTLS = s.registries, s.tokenTLS
}

// Keeping is what the builder does with images that are not pushed.
func (s *Selection) Keeping(env bake.Env) bake.Keeping {
	k := bake.Keeping{Images: s.Driver == dockerName, Default: s.Driver == dockerName}
	for _, n := range s.Nodes {
		load, _ := strconv.ParseBool(n.DriverOpts["default-load"])
		k.Default = k.Default || load
	}
	if off, _ := strconv.ParseBool(env["BUILDX_NO_DEFAULT_LOAD"]); off {
		k.Default = false
	}
	return k
}

// Text is the first line of plain progress, empty if it was said before.
func (s *Selection) Text() string {
	if s.Announced {
		return ""
	}
	if s.Driver == EmbeddedName {
		return "building on the embedded engine: " + s.Why
	}
	return fmt.Sprintf("building on %q (%s driver): %s", s.Name, s.Driver, s.Why)
}

// Short is what stands at the right of the first line on a terminal: the
// builder and, where there is room, the reason.
func (s *Selection) Short(columns int) string {
	const room = 110 // for the reason beside the tally at the left
	text := EmbeddedName
	if s.Driver != EmbeddedName {
		text = s.Driver + ":" + s.Name
	}
	if columns >= room {
		text += ": " + s.Why
	}
	return text
}

// Select finds the builder: the one that was named, else the BuildKit at
// $BUILDKIT_HOST, else the current builder of buildx if Docker answers, else
// the embedded engine. It writes nothing. An embedded engine that has to be
// started will grant the entitlements of the build.
func Select(ctx context.Context, a *app.App, name string, allow []string) (*Selection, error) {
	host := a.Env["BUILDKIT_HOST"]
	switch {
	case name == EmbeddedName:
		return Embedded(a, NamedBy(a, name), allow)
	case name != "":
		return NamedBuilder(ctx, a, name)
	case host != "":
		return remoteBuilder(ctx, host)
	}
	chosen, why, err := currentBuilder(ctx, a)
	if chosen != nil || err != nil {
		return chosen, err
	}
	return Embedded(a, why, allow)
}

// NamedBy says who named the builder.
func NamedBy(a *app.App, name string) string {
	if a.Env["BUILDX_BUILDER"] == name {
		return "named by $BUILDX_BUILDER"
	}
	return "named by --builder"
}

// Embedded selects the engine that bake carries. It is not started yet.
func Embedded(a *app.App, why string, allow []string) (*Selection, error) {
	cfg, err := enginecmd.EngineConfig(a)
	if err != nil {
		return nil, err
	}
	cfg.Entitlements = append(cfg.Entitlements, engineGrants(allow)...)
	s := &Selection{Name: EmbeddedName, Driver: EmbeddedName, Why: why}
	cfg.Notify = func(text string) {
		if s.Say != nil {
			s.Say(text)
		}
	}
	s.registries, s.tokenTLS = engine.Registries(cfg), engine.TokenTLS(cfg)
	if s.Nodes, err = engine.Nodes(cfg); err != nil {
		return nil, &exit.Error{Code: exit.Unreachable, Err: err}
	}
	return s, nil
}

// remoteSchemes are the kinds of address that $BUILDKIT_HOST may have.
var remoteSchemes = []string{"unix", "tcp", "ssh", "docker-container", "kube-pod", "npipe"}

// remoteBuilder selects the BuildKit at an address.
func remoteBuilder(ctx context.Context, host string) (*Selection, error) {
	address, err := url.Parse(host)
	if err != nil || !slices.Contains(remoteSchemes, address.Scheme) {
		return nil, exit.Usagef("invalid BUILDKIT_HOST %q", host).
			WithHint("It is an address such as unix:///run/buildkit/buildkitd.sock or tcp://127.0.0.1:1234.")
	}
	if address.Scheme == "unix" {
		if _, err := os.Stat(address.Path); errors.Is(err, fs.ErrNotExist) {
			return nil, &exit.Error{Code: exit.Unreachable, Err: fmt.Errorf("use the builder at %s: there is no such socket", host)}
		}
	}
	factory, err := driver.GetFactory("remote", true)
	if err != nil {
		return nil, err
	}
	handle, err := driver.GetDriver(ctx, factory, driver.InitConfig{Name: "remote", EndpointAddr: host})
	if err != nil {
		return nil, &exit.Error{Code: exit.Unreachable, Err: fmt.Errorf("use the builder at %s: %w", host, err)}
	}
	node := builder.Node{Node: store.Node{Name: "remote", Endpoint: host}, Builder: "remote", Driver: handle}
	return &Selection{Name: host, Driver: "remote", Why: "$BUILDKIT_HOST is set", Nodes: []builder.Node{node}}, nil
}

// engineGrants are those entitlements that a builder, too, has to grant; the
// others are a matter between bake and its user.
func engineGrants(allow []string) []string {
	var list []string
	for _, text := range allow {
		name, _, _ := strings.Cut(text, "=")
		if (name == "network.host" || name == "security.insecure" || name == "device") && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}
