package builders

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"bake/cmd/app"
	"bake/cmd/exit"
	"bake/cmd/verb"

	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/store"
	"github.com/docker/cli/cli/command"
	"github.com/spf13/cobra"
)

// buildersCreateOptions are the flags of `bake builders create`.
type buildersCreateOptions struct {
	builderOptions
	create    builder.CreateOpts
	leave     bool
	bootstrap bool
}

func newBuildersCreate(a *app.App, runF func(*app.App, *buildersCreateOptions) error) *cobra.Command {
	o := &buildersCreateOptions{}
	c := &cobra.Command{
		Use:   "create [OPTIONS] [CONTEXT|ENDPOINT]",
		Short: "Create a builder, or change its nodes",
		Long: `Create a builder and print its name. Where it runs depends on its driver:

  remote            a BuildKit that listens at ENDPOINT, such as tcp://host:1234
  docker-container  a container of Docker, at the Docker CONTEXT or ENDPOINT
  kubernetes        pods of a cluster, if this build of bake has that driver`,
		Args:                  atMostOneName,
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     cobra.NoFileCompletions,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.create.Endpoint = args[0]
			}
			return runF(a, o)
		},
	}
	flags := c.Flags()
	flags.StringVar(&o.create.Name, "name", "", "`NAME` of the builder (default a random one)")
	flags.StringVar(&o.create.Driver, "driver", "", "`DRIVER` of the builder: "+strings.Join(instanceDrivers(), ", "))
	flags.StringVar(&o.create.NodeName, "node", "", "`NAME` of the node to create or change")
	flags.StringArrayVar(&o.create.Platforms, "platform", nil, "`PLATFORMS` that the node is for, such as linux/arm64")
	flags.StringArrayVar(&o.create.DriverOpts, "driver-opt", nil, "`OPTION=VALUE` of the driver, such as image=moby/buildkit:master")
	flags.StringVar(&o.create.BuildkitdFlags, "buildkitd-flags", "", "`FLAGS` of the BuildKit daemon")
	for _, name := range []string{"buildkitd-config", "config"} { // the second is what it was called before
		flags.StringVar(&o.create.BuildkitdConfigFile, name, "", "Configuration `FILE` of the BuildKit daemon")
	}
	if err := flags.MarkHidden("config"); err != nil {
		panic(err) // it was declared above
	}
	flags.BoolVar(&o.bootstrap, "bootstrap", false, "Start the builder, too")
	flags.BoolVar(&o.create.Append, "append", false, "Add a node to the builder instead of changing one")
	flags.BoolVar(&o.leave, "leave", false, "Remove a node from the builder instead of changing one")
	flags.BoolVar(&o.create.Use, "use", false, "Make it the current builder")
	o.addTimeout(flags)
	verb.MustComplete(c, "driver", cobra.FixedCompletions(instanceDrivers(), cobra.ShellCompDirectiveNoFileComp))
	return c
}

func runBuildersCreate(a *app.App, o *buildersCreateOptions) error {
	if err := o.check(a); err != nil {
		return err
	}
	ctx, stop := a.Interruptible(context.Background())
	defer stop()
	cli, err := DockerCLI(a)
	if err != nil {
		return err
	}
	txn, release, err := openStore(cli)
	if err != nil {
		return err
	}
	defer release()
	if o.leave {
		err := builder.Leave(ctx, txn, cli, builder.LeaveOpts{Name: o.create.Name, NodeName: o.create.NodeName})
		if err != nil {
			return builderError("remove a node", err)
		}
		return nil
	}
	return app.InterruptedOr(ctx, createBuilder(ctx, a, cli, txn, release, o))
}

// check finds what is wrong with the flags before anything is written.
func (o *buildersCreateOptions) check(a *app.App) error {
	name := o.create.Driver
	if o.create.Name == EmbeddedName || name == EmbeddedName {
		return notEmbedded(EmbeddedName, "It needs not be created; name it with --builder embedded.")
	}
	if name == "" || slices.Contains(instanceDrivers(), name) {
		return nil
	}
	if name == "docker" {
		return exit.Usagef("a builder with the docker driver cannot be created").
			WithHint("Every Docker context is one; `docker context create` makes more.")
	}
	if near := verb.Similar(name, instanceDrivers()); near != "" {
		return exit.Usagef("there is no driver %q", name).WithHint("Did you mean %q?", near)
	}
	return missingDriver(name)
}

// createBuilder writes the builder and, with --bootstrap, starts it. The store
// is released before that, as starting may take long.
func createBuilder(ctx context.Context, a *app.App, cli command.Cli, txn *store.Txn, release func(), o *buildersCreateOptions) error {
	o.create.Timeout = o.timeout
	b, err := builder.Create(ctx, txn, cli, o.create)
	if err != nil {
		err := builderError("create a builder", err)
		if own, ok := err.(*exit.Error); ok && o.create.Driver == "" && own.Code == exit.Unreachable {
			return own.WithHint("Without Docker, name a BuildKit by its address:\n\n  bake builders create --driver remote tcp://HOST:1234")
		}
		return err
	}
	release()
	if o.bootstrap {
		if _, err := b.Boot(ctx); err != nil {
			return &exit.Error{Code: exit.Unreachable, Err: fmt.Errorf("start the builder %s: %w", b.Name, err)}
		}
	}
	fmt.Fprintln(a.Out, b.Name)
	return nil
}
