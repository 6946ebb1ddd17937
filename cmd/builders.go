package cmd

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/docker/buildx/driver"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bake/bake"
	"bake/bake/engine"
)

// builderPatience is how long builders may take to tell their state, unless
// --timeout says otherwise.
const builderPatience = 20 * time.Second

// newBuilders makes `bake builders`, which lists them.
func newBuilders(a *app) *cobra.Command {
	list := newBuildersLs(a, runBuildersLs)
	c := &cobra.Command{
		Use:                   "builders [VERB]",
		DisableFlagsInUseLine: true,
		Short:                 "List and manage the builders of buildx",
		Long: `List and manage builders: what builds can be sent to, besides the embedded
engine. They are those of docker buildx, in the same place: what one of the two
creates or chooses is there for the other. Without a verb they are listed.`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			err := usageErrorf("unknown command %q for %q", args[0], c.CommandPath())
			if s := similar(args[0], childNames(c)); s != "" {
				return err.withHint("Did you mean %q?", c.CommandPath()+" "+s)
			}
			return err.withHint("Its commands are %s.", strings.Join(childNames(c), ", "))
		},
		RunE: func(*cobra.Command, []string) error { return list.RunE(list, nil) },
	}
	c.AddCommand(
		newBuildersCreate(a, runBuildersCreate),
		newBuildersInspect(a, runBuildersInspect),
		list,
		newBuildersRm(a, runBuildersRm),
		newBuildersUse(a, runBuildersUse),
	)
	return c
}

// builderOptions are the flags that several verbs on builders have.
type builderOptions struct {
	builder string
	timeout time.Duration
}

func (o *builderOptions) addName(a *app, flags *pflag.FlagSet) {
	flags.StringVar(&o.builder, "builder", a.env["BUILDX_BUILDER"], "The builder, when no `NAME` is given (default $BUILDX_BUILDER)")
	flags.Lookup("builder").DefValue = ""
}

func (o *builderOptions) addTimeout(flags *pflag.FlagSet) {
	flags.DurationVar(&o.timeout, "timeout", builderPatience, "How long builders may take to tell their state")
}

// within bounds a context by --timeout; 0 is no bound.
func (o *builderOptions) within(ctx context.Context) (context.Context, context.CancelFunc) {
	if o.timeout <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, o.timeout)
}

// atMostOneName is what verbs accept that are about one builder.
func atMostOneName(c *cobra.Command, args []string) error {
	if len(args) <= 1 {
		return nil
	}
	return usageErrorf("%s takes one name, but got %d", c.CommandPath(), len(args)).withHint("See '%s --help'.", c.CommandPath())
}

// completeBuilders are the names of all builders.
func (a *app) completeBuilders(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return append(newBuildxStore(a.env).names(), embeddedName), cobra.ShellCompDirectiveNoFileComp
}

// instanceDrivers are the drivers that builders can be created with.
func instanceDrivers() []string {
	var names []string
	for _, f := range driver.GetFactories(true) {
		if f.Name() != embeddedName {
			names = append(names, f.Name())
		}
	}
	return names
}

// missingDriver is the error for a driver that this build of bake lacks.
func missingDriver(name string) *exitError {
	err := usageErrorf("this build of bake has no %s driver (it has %s)", name, driverNames())
	if name == "kubernetes" {
		return err.withHint("It is in builds of bake with the tag kubernetes:\n\n  make build TAGS=kubernetes")
	}
	return err
}

// notEmbedded refuses what can only be done to builders of buildx.
func notEmbedded(name, instead string) error {
	if name != embeddedName {
		return nil
	}
	return usageErrorf("%q is the engine inside bake, not a builder of buildx", name).withHint("%s", instead)
}

// builderError gives an error of buildx its exit code: a builder that cannot be
// reached, or something that is wrong with what was asked for.
func builderError(what string, err error) error {
	var own *exitError
	if errors.As(err, &own) {
		return err
	}
	text := err.Error()
	code := ExitUsage
	for _, sign := range []string{"connect to the ", "connection refused", "failed to load node", "failed to stop node", "deadline exceeded"} {
		if strings.Contains(text, sign) {
			code = ExitUnreachable
		}
	}
	return &exitError{code: code, err: &told{what: what, err: err}}
}

// told is an error with what was being done when it came.
type told struct {
	what string
	err  error
}

func (e *told) Error() string { return e.what + ": " + strings.TrimSpace(e.err.Error()) }
func (e *told) Unwrap() error { return e.err }

// currentName is the builder that a build without --builder uses, as far as it
// has a name: a BuildKit at an address has none.
func (a *app) currentName(ctx context.Context) string {
	if name := a.env["BUILDX_BUILDER"]; name != "" {
		return name
	}
	if a.env["BUILDKIT_HOST"] != "" {
		return ""
	}
	if chosen, _, err := a.currentBuilder(ctx); err == nil && chosen != nil {
		return chosen.name
	}
	return embeddedName
}

// startEngine starts the embedded engine, if it does not run.
func (a *app) startEngine(ctx context.Context) error {
	cfg, err := a.engineConfig()
	if err != nil {
		return err
	}
	if err := engine.Start(ctx, cfg); err != nil {
		return engineError("start the engine", err)
	}
	return nil
}

// embeddedSocket is where the embedded engine listens, as an address.
func embeddedSocket(env bake.Env) string {
	cfg, err := engine.Default(func(name string) string { return env[name] })
	if err != nil {
		return ""
	}
	nodes, err := engine.Nodes(cfg)
	if err != nil || len(nodes) == 0 {
		return ""
	}
	return nodes[0].Driver.Config().EndpointAddr
}
