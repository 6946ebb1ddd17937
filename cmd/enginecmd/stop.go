package enginecmd

import (
	"context"

	"github.com/spf13/cobra"

	"bake/bake/engine"
	"bake/cmd/app"
	"bake/cmd/verb"
)

func newEngineStop(a *app.App, runF func(*app.App, *engineOptions) error) *cobra.Command {
	o := &engineOptions{}
	c := &cobra.Command{
		Use:   "stop [OPTIONS]",
		Short: "Stop the engine",
		Long: `Stop the engine and wait until it has gone. Builds in flight get some seconds
to end. The cache stays. An engine that does not run is no error.`,
		Args:                  verb.NoArgs,
		DisableFlagsInUseLine: true,
		RunE:                  func(*cobra.Command, []string) error { return runF(a, o) },
	}
	o.addFlags(c.Flags())
	return c
}

func runEngineStop(a *app.App, o *engineOptions) error {
	cfg, err := o.resolve(a)
	if err != nil {
		return err
	}
	if err := engine.Stop(context.Background(), cfg); err != nil {
		return EngineError("stop the engine", err)
	}
	return nil
}
