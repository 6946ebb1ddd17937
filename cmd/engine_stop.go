package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"bake/bake/engine"
)

func newEngineStop(a *app, runF func(*app, *engineOptions) error) *cobra.Command {
	o := &engineOptions{}
	c := &cobra.Command{
		Use:   "stop [OPTIONS]",
		Short: "Stop the engine",
		Long: `Stop the engine and wait until it has gone. Builds in flight get some seconds
to end. The cache stays. An engine that does not run is no error.`,
		Args:                  noArgs,
		DisableFlagsInUseLine: true,
		RunE:                  func(*cobra.Command, []string) error { return runF(a, o) },
	}
	o.addFlags(c.Flags())
	return c
}

func runEngineStop(a *app, o *engineOptions) error {
	cfg, err := o.resolve(a)
	if err != nil {
		return err
	}
	if err := engine.Stop(context.Background(), cfg); err != nil {
		return engineError("stop the engine", err)
	}
	return nil
}
