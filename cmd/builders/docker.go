package builders

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
	"bake/cmd/app"
	"bake/cmd/exit"
	"bake/cmd/verb"
)

// dockerPatience is how long Docker may take to answer before it counts as
// absent, where nobody asked for it: a busy machine takes its time. One that was
// named is awaited as long as any other builder.
const dockerPatience = 3 * time.Second

// defaultDockerSocket is where Docker listens unless something says otherwise.
const defaultDockerSocket = "/var/run/docker.sock"

// DockerCLI makes Docker's client from its configuration and environment. It
// connects to nothing.
func DockerCLI(a *app.App) (*command.DockerCli, error) {
	cli, err := command.NewDockerCli(command.WithOutputStream(a.Err), command.WithErrorStream(a.Err))
	if err != nil {
		return nil, fmt.Errorf("set up the Docker client: %w", err)
	}
	// Installing the flags of Docker's own command line is how the options take
	// their values from DOCKER_TLS_VERIFY and the like.
	unused := pflag.NewFlagSet("docker", pflag.ContinueOnError)
	options := flags.NewClientOptions()
	options.InstallFlags(unused)
	options.SetDefaultOptions(unused)
	options.ConfigDir = dockerConfigDir(a.Env)
	options.LogLevel = logrus.GetLevel().String()
	if err := cli.Initialize(options); err != nil {
		return nil, fmt.Errorf("set up the Docker client: %w", err)
	}
	return cli, nil
}

// dockerConceivable says, without the cost of a client, whether Docker or a
// builder of buildx could be there at all.
func dockerConceivable(a *app.App) bool {
	if runtime.GOOS == "windows" || a.Env["DOCKER_HOST"] != "" || a.Env["DOCKER_CONTEXT"] != "" {
		return true
	}
	dir := dockerConfigDir(a.Env)
	for _, path := range []string{defaultDockerSocket, filepath.Join(dir, "contexts"), filepath.Join(NewBuildxStore(a.Env).dir, "current")} {
		if _, err := os.Stat(path); err == nil {
			return true
		}
	}
	return false
}

// currentBuilder is the builder that `docker buildx` would use. Without one
// it returns the reason why Docker is out of the question.
func currentBuilder(ctx context.Context, a *app.App) (chosen *Selection, why string, err error) {
	if !dockerConceivable(a) {
		return nil, "no builder was named and there is no Docker here", nil
	}
	cli, err := DockerCLI(a)
	if err != nil {
		return nil, "", err
	}
	endpoint, err := dockerutil.GetCurrentEndpoint(cli)
	if err != nil {
		return nil, "no builder was named and the Docker context is broken: " + err.Error(), nil
	}
	group, err := NewBuildxStore(a.Env).Current(endpoint)
	if err != nil {
		return nil, "", exit.Usagef("%w", err).WithHint("To build without it, use --builder embedded.")
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
	chosen, err = loadBuilder(ctx, a, cli, group, why)
	return chosen, "", err
}

// NamedBuilder is the builder of buildx, or the Docker context, of that name.
func NamedBuilder(ctx context.Context, a *app.App, name string) (*Selection, error) {
	builders := NewBuildxStore(a.Env)
	group, err := builders.Builder(name)
	if err != nil {
		return nil, err
	}
	cli, err := DockerCLI(a)
	if err != nil {
		return nil, err
	}
	known := append(builders.Names(), EmbeddedName)
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
		unknown := exit.Usagef("no builder %q found, %s", name, NamedBy(a, name))
		if s := verb.Similar(name, known); s != "" {
			return nil, unknown.WithHint("Did you mean %q?", s)
		}
		return nil, unknown.WithHint("Known builders: %s.", strings.Join(known, ", "))
	}
	if needsDocker(group.Driver) {
		if err := answers(ctx, cli, group.Nodes[0].Endpoint, builderPatience); err != nil {
			return nil, &exit.Error{Code: exit.Unreachable, Err: fmt.Errorf("use the builder %q: %w", name, err)}
		}
	}
	return loadBuilder(ctx, a, cli, group, NamedBy(a, name))
}

// DockerFor is the Docker that images are loaded into: that of the builder,
// else, when a target wants to be loaded, the one that is here. Without any it
// is nil.
func DockerFor(ctx context.Context, a *app.App, plan *bake.Plan, chosen *Selection) (*dockerutil.Client, error) {
	loads := slices.ContainsFunc(plan.Targets, func(t *bake.Target) bool {
		return slices.ContainsFunc(t.Outputs, func(o bake.Entry) bool { return o.Type == "docker" && o.Dest == "" })
	})
	if chosen.docker != nil || !loads || !dockerConceivable(a) {
		return chosen.docker, nil
	}
	cli, err := DockerCLI(a)
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
func loadBuilder(ctx context.Context, a *app.App, cli command.Cli, group *store.NodeGroup, why string) (*Selection, error) {
	factory, err := builderDriver(ctx, cli, group)
	if err != nil {
		unusable := &exit.Error{Code: exit.Unreachable, Err: fmt.Errorf("use the builder %q: %w", group.Name, err)}
		if own := (*exit.Error)(nil); errors.As(err, &own) {
			unusable.Hint = own.Hint
		}
		return nil, unusable
	}
	s := &Selection{Name: group.Name, Driver: factory.Name(), Why: why, docker: dockerutil.NewClient(cli)}
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
				ContextPathHash: a.Dir,
			})
		}
		node.Err = err
		s.Nodes = append(s.Nodes, node)
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
