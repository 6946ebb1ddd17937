package builders

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
	"bake/cmd/app"
	"bake/cmd/enginecmd"
	"bake/cmd/exit"
	"bake/cmd/verb"
)

// builderPatience is how long builders may take to tell their state, unless
// --timeout says otherwise.
const builderPatience = 20 * time.Second

// New makes `bake builders`, which lists them.
func New(a *app.App) *cobra.Command {
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
			err := exit.Usagef("unknown command %q for %q", args[0], c.CommandPath())
			if s := verb.Similar(args[0], verb.ChildNames(c)); s != "" {
				return err.WithHint("Did you mean %q?", c.CommandPath()+" "+s)
			}
			return err.WithHint("Its commands are %s.", strings.Join(verb.ChildNames(c), ", "))
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

func (o *builderOptions) addName(a *app.App, flags *pflag.FlagSet) {
	flags.StringVar(&o.builder, "builder", a.Env["BUILDX_BUILDER"], "The builder, when no `NAME` is given (default $BUILDX_BUILDER)")
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
	return exit.Usagef("%s takes one name, but got %d", c.CommandPath(), len(args)).WithHint("See '%s --help'.", c.CommandPath())
}

// CompleteBuilders completes the names of all builders.
func CompleteBuilders(a *app.App) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return append(NewBuildxStore(a.Env).Names(), EmbeddedName), cobra.ShellCompDirectiveNoFileComp
	}
}

// instanceDrivers are the drivers that builders can be created with.
func instanceDrivers() []string {
	var names []string
	for _, f := range driver.GetFactories(true) {
		if f.Name() != EmbeddedName {
			names = append(names, f.Name())
		}
	}
	return names
}

// missingDriver is the error for a driver that this build of bake lacks.
func missingDriver(name string) *exit.Error {
	err := exit.Usagef("this build of bake has no %s driver (it has %s)", name, driverNames())
	if name == "kubernetes" {
		return err.WithHint("It is in builds of bake with the tag kubernetes:\n\n  make build TAGS=kubernetes")
	}
	return err
}

// notEmbedded refuses what can only be done to builders of buildx.
func notEmbedded(name, instead string) error {
	if name != EmbeddedName {
		return nil
	}
	return exit.Usagef("%q is the engine inside bake, not a builder of buildx", name).WithHint("%s", instead)
}

// builderError gives an error of buildx its exit code: a builder that cannot be
// reached, or something that is wrong with what was asked for.
func builderError(what string, err error) error {
	var own *exit.Error
	if errors.As(err, &own) {
		return err
	}
	text := err.Error()
	code := exit.Usage
	for _, sign := range []string{"connect to the ", "connection refused", "failed to load node", "failed to stop node", "deadline exceeded"} {
		if strings.Contains(text, sign) {
			code = exit.Unreachable
		}
	}
	return &exit.Error{Code: code, Err: &told{what: what, err: err}}
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
func currentName(ctx context.Context, a *app.App) string {
	if name := a.Env["BUILDX_BUILDER"]; name != "" {
		return name
	}
	if a.Env["BUILDKIT_HOST"] != "" {
		return ""
	}
	if chosen, _, err := currentBuilder(ctx, a); err == nil && chosen != nil {
		return chosen.Name
	}
	return EmbeddedName
}

// startEngine starts the embedded engine, if it does not run.
func startEngine(ctx context.Context, a *app.App) error {
	cfg, err := enginecmd.EngineConfig(a)
	if err != nil {
		return err
	}
	if err := engine.Start(ctx, cfg); err != nil {
		return enginecmd.EngineError("start the engine", err)
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
