package enginecmd

import (
	"context"
	"fmt"
	"time"

	"bake/cmd/app"
	"bake/cmd/exit"
	"bake/cmd/terminal"
	"bake/cmd/verb"

	units "github.com/docker/go-units"
	"github.com/moby/buildkit/client"
	"github.com/spf13/cobra"
)

// enginePruneOptions are the flags of `bake engine prune`.
type enginePruneOptions struct {
	engineOptions
	all     bool
	filter  []string
	keep    time.Duration
	maxUsed string
}

func newEnginePrune(a *app.App, runF func(*app.App, *enginePruneOptions) error) *cobra.Command {
	o := &enginePruneOptions{}
	c := &cobra.Command{
		Use:   "prune [OPTIONS]",
		Short: "Remove what is in the engine's cache",
		Long: `Remove from the engine's cache what no build is using: everything, or what the
options leave. It does not ask first: a cache can be built again.`,
		Args:                  verb.NoArgs,
		DisableFlagsInUseLine: true,
		RunE:                  func(*cobra.Command, []string) error { return runF(a, o) },
	}
	o.engineOptions.addFlags(c.Flags())
	c.Flags().BoolVarP(&o.all, "all", "a", false, "Remove frontend images and other internal records, too")
	c.Flags().StringArrayVar(&o.filter, "filter", nil, "Only records that match `FILTER`, such as type==source.local")
	c.Flags().DurationVar(&o.keep, "keep", 0, "Leave what was used within this `TIME`, such as 48h")
	c.Flags().StringVar(&o.maxUsed, "max-used-space", "", "Leave this `SIZE`, such as 10GB, of what was used last")
	return c
}

func runEnginePrune(a *app.App, o *enginePruneOptions) error {
	maxUsed := int64(0)
	if o.maxUsed != "" {
		var err error
		if maxUsed, err = units.FromHumanSize(o.maxUsed); err != nil {
			return exit.Usagef("invalid --max-used-space %q, want a size such as 10GB", o.maxUsed)
		}
	}
	return withEngine(a, &o.engineOptions, func(ctx context.Context, c *client.Client) error {
		options := []client.PruneOption{client.WithFilter(o.filter), client.WithKeepOpt(o.keep, 0, maxUsed, 0)}
		if o.all {
			options = append(options, client.PruneAll)
		}
		records, size, err := prune(ctx, c, options)
		if err != nil {
			return fmt.Errorf("prune the cache: %w", err)
		}
		fmt.Fprintf(a.Out, "removed %s, %s\n", terminal.Count(records, "record"), units.HumanSize(float64(size)))
		return nil
	})
}

// prune removes cache records and says how many and how big they were.
func prune(ctx context.Context, c *client.Client, options []client.PruneOption) (records int, size int64, err error) {
	removed := make(chan client.UsageInfo)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for r := range removed {
			records++
			size += r.Size
		}
	}()
	err = c.Prune(ctx, removed, options...)
	close(removed)
	<-done
	return records, size, err
}
