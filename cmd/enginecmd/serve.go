package enginecmd

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"bake/bake/engine"
	"bake/cmd/app"
	"bake/cmd/heap"
	"bake/cmd/verb"
)

func newEngineServe(a *app.App, runF func(*app.App, *engineStartOptions) error) *cobra.Command {
	o := &engineStartOptions{}
	c := &cobra.Command{
		Use:   "serve [OPTIONS]",
		Short: "Run the engine in the foreground",
		Long: `Run the engine in the foreground until it is interrupted, stopped or idle, for
service managers and containers (there with --idle 0). Its log goes to standard
error.`,
		Args:                  verb.NoArgs,
		DisableFlagsInUseLine: true,
		RunE:                  func(*cobra.Command, []string) error { return runF(a, o) },
	}
	o.addFlags(c.Flags())
	return c
}

func runEngineServe(a *app.App, o *engineStartOptions) error {
	cfg, err := o.resolve(a)
	if err != nil {
		return err
	}
	return serve(cfg)
}

// serve runs the engine. It ends well when it is asked to end: a service manager
// must not take that for a failure.
func serve(cfg engine.Config) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	heap.LongRun(100, true)
	if err := engine.Serve(ctx, cfg); err != nil {
		return EngineError("serve", err)
	}
	return nil
}
