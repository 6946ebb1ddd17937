package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"bake/bake/engine"
)

func newEngineStart(a *app, runF func(*app, *engineStartOptions) error) *cobra.Command {
	o := &engineStartOptions{}
	c := &cobra.Command{
		Use:   "start [OPTIONS]",
		Short: "Start the engine in the background",
		Long: `Start the engine in the background and wait until it serves. A build does so by
itself; starting it beforehand makes sense with options. An engine that runs
already stays as it is.`,
		Args:                  noArgs,
		DisableFlagsInUseLine: true,
		RunE:                  func(*cobra.Command, []string) error { return runF(a, o) },
	}
	o.addFlags(c.Flags())
	return c
}

func runEngineStart(a *app, o *engineStartOptions) error {
	cfg, err := o.resolve(a)
	if err != nil {
		return err
	}
	ctx, stop := a.interruptible(context.Background())
	defer stop()
	before, err := engine.Status(ctx, cfg)
	if err == nil && before.Running {
		a.note("the engine runs already, as process %d", before.PID)
		return nil
	}
	if err := engine.Start(ctx, cfg); err != nil {
		return interruptedOr(ctx, engineError("start the engine", err))
	}
	return nil
}
