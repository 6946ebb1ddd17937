package builders

import (
	"fmt"

	"bake/cmd/app"
	"bake/cmd/exit"
	"bake/cmd/verb"

	"github.com/docker/buildx/util/dockerutil"
	"github.com/docker/cli/cli/command"
	"github.com/spf13/cobra"
)

// buildersUseOptions are the flags of `bake builders use`.
type buildersUseOptions struct {
	builderOptions
	global, def bool
}

func newBuildersUse(a *app.App, runF func(*app.App, *buildersUseOptions) error) *cobra.Command {
	o := &buildersUseOptions{}
	c := &cobra.Command{
		Use:   "use [OPTIONS] [NAME]",
		Short: "Choose the current builder",
		Long: `Choose the builder that builds go to when none is named, of bake and of docker
buildx. The choice is for the current Docker endpoint.`,
		Args:                  atMostOneName,
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     CompleteBuilders(a),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.builder = args[0]
			}
			return runF(a, o)
		},
	}
	c.Flags().BoolVar(&o.global, "global", false, "Choose it for all Docker endpoints")
	c.Flags().BoolVar(&o.def, "default", false, "Keep it as the default of this Docker endpoint")
	o.addName(a, c.Flags())
	return c
}

func runBuildersUse(a *app.App, o *buildersUseOptions) error {
	const instead = "Builds go there when there is no other builder; else choose it with\n\n  export BUILDX_BUILDER=embedded"
	if err := notEmbedded(o.builder, instead); err != nil {
		return err
	}
	if o.builder == "" {
		return exit.Usagef("bake builders use wants the name of a builder").WithHint("`bake builders` lists the builders.")
	}
	cli, err := DockerCLI(a)
	if err != nil {
		return err
	}
	endpoint, err := dockerutil.GetCurrentEndpoint(cli)
	if err != nil {
		return exit.Usagef("the Docker context is broken: %w", err)
	}
	name, err := usableBuilder(a, cli, o.builder)
	if err != nil {
		return err
	}
	txn, release, err := openStore(cli)
	if err != nil {
		return err
	}
	defer release()
	if name == "" { // the context of Docker: no builder of buildx is chosen
		o.global, o.def = false, false
	}
	if err := txn.SetCurrent(endpoint, name, o.global, o.def); err != nil {
		return fmt.Errorf("choose the builder: %w", err)
	}
	return nil
}

// usableBuilder is the name to write down for a builder, which is empty for that of
// the current Docker context.
func usableBuilder(a *app.App, cli command.Cli, name string) (string, error) {
	group, err := NewBuildxStore(a.Env).Builder(name)
	if group != nil || err != nil {
		return name, err
	}
	if name == cli.CurrentContext() {
		return "", nil
	}
	contexts, err := cli.ContextStore().List()
	if err != nil {
		return "", fmt.Errorf("list the contexts of Docker: %w", err)
	}
	known := NewBuildxStore(a.Env).Names()
	for _, c := range contexts {
		if c.Name == name {
			return "", exit.Usagef("%q is another context of Docker", name).
				WithHint("Choose it with\n\n  docker context use %s\n\nor for one run with --builder %s.", name, name)
		}
		known = append(known, c.Name)
	}
	unknown := exit.Usagef("no builder %q found", name)
	if near := verb.Similar(name, known); near != "" {
		return "", unknown.WithHint("Did you mean %q?", near)
	}
	return "", unknown.WithHint("`bake builders` lists the builders.")
}
