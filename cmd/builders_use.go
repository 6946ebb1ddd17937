package cmd

import (
	"fmt"

	"github.com/docker/buildx/util/dockerutil"
	"github.com/docker/cli/cli/command"
	"github.com/spf13/cobra"
)

// buildersUseOptions are the flags of `bake builders use`.
type buildersUseOptions struct {
	builderOptions
	global, def bool
}

func newBuildersUse(a *app, runF func(*app, *buildersUseOptions) error) *cobra.Command {
	o := &buildersUseOptions{}
	c := &cobra.Command{
		Use:   "use [OPTIONS] [NAME]",
		Short: "Choose the current builder",
		Long: `Choose the builder that builds go to when none is named, of bake and of docker
buildx. The choice is for the current Docker endpoint.`,
		Args:                  atMostOneName,
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     a.completeBuilders,
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

func runBuildersUse(a *app, o *buildersUseOptions) error {
	const instead = "Builds go there when there is no other builder; else choose it with\n\n  export BUILDX_BUILDER=embedded"
	if err := notEmbedded(o.builder, instead); err != nil {
		return err
	}
	if o.builder == "" {
		return usageErrorf("bake builders use wants the name of a builder").withHint("`bake builders` lists the builders.")
	}
	cli, err := a.dockerCLI()
	if err != nil {
		return err
	}
	endpoint, err := dockerutil.GetCurrentEndpoint(cli)
	if err != nil {
		return usageErrorf("the Docker context is broken: %w", err)
	}
	name, err := a.usable(cli, o.builder)
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

// usable is the name to write down for a builder, which is empty for that of
// the current Docker context.
func (a *app) usable(cli command.Cli, name string) (string, error) {
	group, err := newBuildxStore(a.env).builder(name)
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
	known := newBuildxStore(a.env).names()
	for _, c := range contexts {
		if c.Name == name {
			return "", usageErrorf("%q is another context of Docker", name).
				withHint("Choose it with\n\n  docker context use %s\n\nor for one run with --builder %s.", name, name)
		}
		known = append(known, c.Name)
	}
	unknown := usageErrorf("no builder %q found", name)
	if near := similar(name, known); near != "" {
		return "", unknown.withHint("Did you mean %q?", near)
	}
	return "", unknown.withHint("`bake builders` lists the builders.")
}
