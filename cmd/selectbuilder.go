package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strconv"

	remotes "github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/driver"
	"github.com/docker/buildx/store"
	"github.com/docker/buildx/util/dockerutil"

	"bake/bake"
	"bake/bake/engine"
	"bake/bake/submit"
	"bake/bake/submit/credential"
)

// embeddedName is the name by which --builder asks for bake's own engine, and
// that of its driver.
const embeddedName = engine.DriverName

// dockerName is that of the driver for the BuildKit inside Docker, whose images
// are Docker's.
const dockerName = "docker"

// selection is the builder of a run, and why it was chosen.
type selection struct {
	name   string
	driver string
	why    string
	nodes  []builder.Node

	announced bool // it was said already which one is used

	docker *dockerutil.Client // loads images into Docker; nil without Docker

	registries remotes.RegistryHosts // how it reaches registries, if its nodes do not say
	tokenTLS   credential.TokenTLS   // and the servers that give tokens for them

	// say shows what happens to the embedded engine, once a display is there.
	say func(text string)
}

// tellRegistries lets a run reach registries as the builder does.
func (s *selection) tellRegistries(o *submit.Options) {
	o.Registries, o.TokenTLS = s.registries, s.tokenTLS
}

// keeping is what the builder does with images that are not pushed.
func (s *selection) keeping(env bake.Env) bake.Keeping {
	k := bake.Keeping{Images: s.driver == dockerName, Default: s.driver == dockerName}
	for _, n := range s.nodes {
		load, _ := strconv.ParseBool(n.DriverOpts["default-load"])
		k.Default = k.Default || load
	}
	if off, _ := strconv.ParseBool(env["BUILDX_NO_DEFAULT_LOAD"]); off {
		k.Default = false
	}
	return k
}

// text is the first line of plain progress, empty if it was said before.
func (s *selection) text() string {
	if s.announced {
		return ""
	}
	if s.driver == embeddedName {
		return "building on the embedded engine: " + s.why
	}
	return fmt.Sprintf("building on %q (%s driver): %s", s.name, s.driver, s.why)
}

// short is what stands at the right of the first line on a terminal: the
// builder and, where there is room, the reason.
func (s *selection) short(columns int) string {
	const room = 110 // for the reason beside the tally at the left
	text := embeddedName
	if s.driver != embeddedName {
		text = s.driver + ":" + s.name
	}
	if columns >= room {
		text += ": " + s.why
	}
	return text
}

// selectBuilder finds the builder: the one that was named, else the BuildKit at
// $BUILDKIT_HOST, else the current builder of buildx if Docker answers, else
// the embedded engine. It writes nothing. An embedded engine that has to be
// started will grant the entitlements of the build.
func (a *app) selectBuilder(ctx context.Context, name string, allow []string) (*selection, error) {
	host := a.env["BUILDKIT_HOST"]
	switch {
	case name == embeddedName:
		return a.embedded(a.namedBy(name), allow)
	case name != "":
		return a.namedBuilder(ctx, name)
	case host != "":
		return remoteBuilder(ctx, host)
	}
	chosen, why, err := a.currentBuilder(ctx)
	if chosen != nil || err != nil {
		return chosen, err
	}
	return a.embedded(why, allow)
}

// namedBy says who named the builder.
func (a *app) namedBy(name string) string {
	if a.env["BUILDX_BUILDER"] == name {
		return "named by $BUILDX_BUILDER"
	}
	return "named by --builder"
}

// embedded selects the engine that bake carries. It is not started yet.
func (a *app) embedded(why string, allow []string) (*selection, error) {
	cfg, err := a.engineConfig()
	if err != nil {
		return nil, err
	}
	cfg.Entitlements = append(cfg.Entitlements, engineGrants(allow)...)
	s := &selection{name: embeddedName, driver: embeddedName, why: why}
	cfg.Notify = func(text string) {
		if s.say != nil {
			s.say(text)
		}
	}
	s.registries, s.tokenTLS = engine.Registries(cfg), engine.TokenTLS(cfg)
	if s.nodes, err = engine.Nodes(cfg); err != nil {
		return nil, &exitError{code: ExitUnreachable, err: err}
	}
	return s, nil
}

// remoteSchemes are the kinds of address that $BUILDKIT_HOST may have.
var remoteSchemes = []string{"unix", "tcp", "ssh", "docker-container", "kube-pod", "npipe"}

// remoteBuilder selects the BuildKit at an address.
func remoteBuilder(ctx context.Context, host string) (*selection, error) {
	address, err := url.Parse(host)
	if err != nil || !slices.Contains(remoteSchemes, address.Scheme) {
		return nil, usageErrorf("invalid BUILDKIT_HOST %q", host).
			withHint("It is an address such as unix:///run/buildkit/buildkitd.sock or tcp://127.0.0.1:1234.")
	}
	if address.Scheme == "unix" {
		if _, err := os.Stat(address.Path); errors.Is(err, fs.ErrNotExist) {
			return nil, &exitError{code: ExitUnreachable, err: fmt.Errorf("use the builder at %s: there is no such socket", host)}
		}
	}
	factory, err := driver.GetFactory("remote", true)
	if err != nil {
		return nil, err
	}
	handle, err := driver.GetDriver(ctx, factory, driver.InitConfig{Name: "remote", EndpointAddr: host})
	if err != nil {
		return nil, &exitError{code: ExitUnreachable, err: fmt.Errorf("use the builder at %s: %w", host, err)}
	}
	node := builder.Node{Node: store.Node{Name: "remote", Endpoint: host}, Builder: "remote", Driver: handle}
	return &selection{name: host, driver: "remote", why: "$BUILDKIT_HOST is set", nodes: []builder.Node{node}}, nil
}
