package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/driver"
	_ "github.com/docker/buildx/driver/docker"           // registers the driver
	_ "github.com/docker/buildx/driver/docker-container" // registers the driver
	_ "github.com/docker/buildx/driver/remote"           // registers the driver
	"github.com/docker/buildx/store"
	"github.com/docker/buildx/store/storeutil"
	"github.com/docker/buildx/util/dockerutil"
	"github.com/docker/cli/cli/command"
	"github.com/docker/cli/cli/flags"
	dockerclient "github.com/moby/moby/client"
	"github.com/sirupsen/logrus"
	"github.com/spf13/pflag"

	"bake/bake"
)

// dockerPatience is how long Docker may take to answer before it counts as
// absent, where nobody asked for it: a busy machine takes its time. One that was
// named is awaited as long as any other builder.
const dockerPatience = 3 * time.Second

// defaultDockerSocket is where Docker listens unless something says otherwise.
const defaultDockerSocket = "/var/run/docker.sock"

// dockerCLI makes Docker's client from its configuration and environment. It
// connects to nothing.
func (a *app) dockerCLI() (*command.DockerCli, error) {
	cli, err := command.NewDockerCli(command.WithOutputStream(a.err), command.WithErrorStream(a.err))
	if err != nil {
		return nil, fmt.Errorf("set up the Docker client: %w", err)
	}
	// Installing the flags of Docker's own command line is how the options take
	// their values from DOCKER_TLS_VERIFY and the like.
	unused := pflag.NewFlagSet("docker", pflag.ContinueOnError)
	options := flags.NewClientOptions()
	options.InstallFlags(unused)
	options.SetDefaultOptions(unused)
	options.ConfigDir = dockerConfigDir(a.env)
	options.LogLevel = logrus.GetLevel().String()
	if err := cli.Initialize(options); err != nil {
		return nil, fmt.Errorf("set up the Docker client: %w", err)
	}
	return cli, nil
}

// dockerConceivable says, without the cost of a client, whether Docker or a
// builder of buildx could be there at all.
func (a *app) dockerConceivable() bool {
	if runtime.GOOS == "windows" || a.env["DOCKER_HOST"] != "" || a.env["DOCKER_CONTEXT"] != "" {
		return true
	}
	dir := dockerConfigDir(a.env)
	for _, path := range []string{defaultDockerSocket, filepath.Join(dir, "contexts"), filepath.Join(newBuildxStore(a.env).dir, "current")} {
		if _, err := os.Stat(path); err == nil {
			return true
		}
	}
	return false
}

// currentBuilder is the builder that `docker buildx` would use. Without one
// it returns the reason why Docker is out of the question.
func (a *app) currentBuilder(ctx context.Context) (chosen *selection, why string, err error) {
	if !a.dockerConceivable() {
		return nil, "no builder was named and there is no Docker here", nil
	}
	cli, err := a.dockerCLI()
	if err != nil {
		return nil, "", err
	}
	endpoint, err := dockerutil.GetCurrentEndpoint(cli)
	if err != nil {
		return nil, "no builder was named and the Docker context is broken: " + err.Error(), nil
	}
	group, err := newBuildxStore(a.env).current(endpoint)
	if err != nil {
		return nil, "", usageErrorf("%w", err).withHint("To build without it, use --builder embedded.")
	}
	why = "the current builder of docker buildx"
	if group == nil {
		group, why = contextBuilder(cli.CurrentContext()), "Docker answers and no builder was named"
	}
	if needsDocker(group.Driver) {
		if err := answers(ctx, cli, group.Nodes[0].Endpoint, dockerPatience); err != nil {
			return nil, "no builder was named and Docker does not answer", nil
		}
	}
	chosen, err = a.loadBuilder(ctx, cli, group, why)
	return chosen, "", err
}

// namedBuilder is the builder of buildx, or the Docker context, of that name.
func (a *app) namedBuilder(ctx context.Context, name string) (*selection, error) {
	builders := newBuildxStore(a.env)
	group, err := builders.builder(name)
	if err != nil {
		return nil, err
	}
	cli, err := a.dockerCLI()
	if err != nil {
		return nil, err
	}
	known := append(builders.names(), embeddedName)
	if group == nil {
		contexts, err := cli.ContextStore().List()
		if err != nil {
			return nil, fmt.Errorf("list the contexts of Docker: %w", err)
		}
		for _, c := range contexts {
			known = append(known, c.Name)
			if c.Name == name {
				group = contextBuilder(name)
			}
		}
	}
	if group == nil {
		unknown := usageErrorf("no builder %q found, %s", name, a.namedBy(name))
		if s := similar(name, known); s != "" {
			return nil, unknown.withHint("Did you mean %q?", s)
		}
		return nil, unknown.withHint("Known builders: %s.", strings.Join(known, ", "))
	}
	if needsDocker(group.Driver) {
		if err := answers(ctx, cli, group.Nodes[0].Endpoint, builderPatience); err != nil {
			return nil, &exitError{code: ExitUnreachable, err: fmt.Errorf("use the builder %q: %w", name, err)}
		}
	}
	return a.loadBuilder(ctx, cli, group, a.namedBy(name))
}

// dockerFor is the Docker that images are loaded into: that of the builder,
// else, when a target wants to be loaded, the one that is here. Without any it
// is nil.
func (a *app) dockerFor(ctx context.Context, plan *bake.Plan, chosen *selection) (*dockerutil.Client, error) {
	loads := slices.ContainsFunc(plan.Targets, func(t *bake.Target) bool {
		return slices.ContainsFunc(t.Outputs, func(o bake.Entry) bool { return o.Type == "docker" && o.Dest == "" })
	})
	if chosen.docker != nil || !loads || !a.dockerConceivable() {
		return chosen.docker, nil
	}
	cli, err := a.dockerCLI()
	if err != nil {
		return nil, err
	}
	if err := answers(ctx, cli, cli.CurrentContext(), dockerPatience); err != nil {
		return nil, nil // which submit.Run tells if it comes to that
	}
	return dockerutil.NewClient(cli), nil
}

// contextBuilder is the builder that every Docker context is by itself.
func contextBuilder(name string) *store.NodeGroup {
	return &store.NodeGroup{Name: name, Nodes: []store.Node{{Name: name, Endpoint: name}}, DockerContext: true}
}

// needsDocker says whether the driver works through a Docker daemon.
func needsDocker(driverName string) bool {
	return driverName == "" || driverName == "docker" || driverName == "docker-container"
}

// answers asks the Docker daemon of an endpoint for a sign of life.
func answers(ctx context.Context, cli command.Cli, endpoint string, patience time.Duration) error {
	api, err := dockerutil.NewClientAPI(cli, endpoint)
	if err != nil {
		return err
	}
	defer api.Close()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err = api.Ping(ctx, dockerclient.PingOptions{})
	return err
}

// loadBuilder makes the nodes of a builder ready for use. They are not started.
func (a *app) loadBuilder(ctx context.Context, cli command.Cli, group *store.NodeGroup, why string) (*selection, error) {
	factory, err := builderDriver(ctx, cli, group)
	if err != nil {
		unusable := &exitError{code: ExitUnreachable, err: fmt.Errorf("use the builder %q: %w", group.Name, err)}
		if own := (*exitError)(nil); errors.As(err, &own) {
			unusable.hint = own.hint
		}
		return nil, unusable
	}
	s := &selection{name: group.Name, driver: factory.Name(), why: why, docker: dockerutil.NewClient(cli)}
	images, err := storeutil.GetImageConfig(cli, group)
	if err != nil {
		return nil, fmt.Errorf("use the builder %q: %w", group.Name, err)
	}
	for _, n := range group.Nodes {
		node := builder.Node{Node: n, Builder: group.Name, Platforms: n.Platforms, ImageOpt: images, ProxyConfig: storeutil.GetProxyConfig(cli)}
		api, err := dockerutil.NewClientAPI(cli, n.Endpoint)
		if err == nil {
			node.Driver, err = driver.GetDriver(ctx, factory, driver.InitConfig{
				Name:            driver.BuilderName(n.Name),
				EndpointAddr:    n.Endpoint,
				DockerAPI:       api,
				ContextStore:    cli.ContextStore(),
				BuildkitdFlags:  n.BuildkitdFlags,
				Files:           n.Files,
				DriverOpts:      n.DriverOpts,
				Auth:            images.Auth,
				Platforms:       n.Platforms,
				ContextPathHash: a.dir,
			})
		}
		node.Err = err
		s.nodes = append(s.nodes, node)
	}
	return s, nil
}

// builderDriver is the driver of a builder. That of a Docker context depends on
// what its daemon can do.
func builderDriver(ctx context.Context, cli command.Cli, group *store.NodeGroup) (driver.Factory, error) {
	if group.Driver != "" {
		factory, err := driver.GetFactory(group.Driver, true)
		if err != nil {
			return nil, missingDriver(group.Driver)
		}
		return factory, nil
	}
	endpoint := group.Nodes[0].Endpoint
	api, err := dockerutil.NewClientAPI(cli, endpoint)
	if err != nil {
		return nil, err
	}
	defer api.Close()
	return driver.GetDefaultFactory(ctx, endpoint, api, false, nil)
}

func driverNames() string {
	var names []string
	for _, f := range driver.GetFactories(false) {
		names = append(names, f.Name())
	}
	return strings.Join(names, ", ")
}
