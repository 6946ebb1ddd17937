package enginecmd

import (
	"context"

	"github.com/spf13/cobra"

	"bake/bake/engine"
	"bake/cmd/app"
	"bake/cmd/verb"
)

func newEngineStart(a *app.App, runF func(*app.App, *engineStartOptions) error) *cobra.Command {
	o := &engineStartOptions{}
	c := &cobra.Command{
		Use:   "start [OPTIONS]",
		Short: "Start the engine in the background",
		Long: `Start the engine in the background and wait until it serves. A build does so by
itself; starting it beforehand makes sense with options. An engine that runs
already stays as it is.`,
		Args:                  verb.NoArgs,
		DisableFlagsInUseLine: true,
		RunE:                  func(*cobra.Command, []string) error { return runF(a, o) },
	}
	o.addFlags(c.Flags())
	return c
}

func runEngineStart(a *app.App, o *engineStartOptions) error {
	cfg, err := o.resolve(a)
	if err != nil {
		return err
	}
	ctx, stop := a.Interruptible(context.Background())
	defer stop()
	before, err := engine.Status(ctx, cfg)
	if err == nil && before.Running {
		a.Note("the engine runs already, as process %d", before.PID)
		return nil
	}
	if err := engine.Start(ctx, cfg); err != nil {
		return app.InterruptedOr(ctx, EngineError("start the engine", err))
	}
	return nil
}
