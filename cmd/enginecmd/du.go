package enginecmd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	units "github.com/docker/go-units"
	"github.com/moby/buildkit/client"
	"github.com/spf13/cobra"

	"bake/bake/engine"
	"bake/bake/submit/failure"
	"bake/cmd/app"
	"bake/cmd/exit"
	"bake/cmd/terminal"
	"bake/cmd/verb"
)

// engineDuOptions are the flags of `bake engine du`.
type engineDuOptions struct {
	engineOptions
	filter []string
	format string
}

func newEngineDu(a *app.App, runF func(*app.App, *engineDuOptions) error) *cobra.Command {
	o := &engineDuOptions{}
	c := &cobra.Command{
		Use:                   "du [OPTIONS]",
		Short:                 "List what is in the engine's cache and how big it is",
		Args:                  verb.NoArgs,
		DisableFlagsInUseLine: true,
		RunE:                  func(*cobra.Command, []string) error { return runF(a, o) },
	}
	o.engineOptions.addFlags(c.Flags())
	c.Flags().StringArrayVar(&o.filter, "filter", nil, "Only records that match `FILTER`, such as type==source.local")
	c.Flags().StringVar(&o.format, "format", "table", "`FORM` of the list: table or json")
	return c
}

func runEngineDu(a *app.App, o *engineDuOptions) error {
	if o.format != "table" && o.format != "json" {
		return exit.Usagef("invalid --format %q, want table or json", o.format)
	}
	return withEngine(a, &o.engineOptions, func(ctx context.Context, c *client.Client) error {
		records, err := c.DiskUsage(ctx, client.WithFilter(o.filter))
		if err != nil {
			return fmt.Errorf("list the cache: %w", err)
		}
		if o.format == "json" {
			return writeRecordsJSON(a.JSON(), records)
		}
		return writeRecords(a.Out, records)
	})
}

// withEngine calls f with a client of the engine, which is started if need be.
func withEngine(a *app.App, o *engineOptions, f func(context.Context, *client.Client) error) error {
	cfg, err := o.resolve(a)
	if err != nil {
		return err
	}
	ctx, stop := a.Interruptible(context.Background())
	defer stop()
	c, err := engine.Client(ctx, cfg)
	if err != nil {
		return app.InterruptedOr(ctx, EngineError("connect to the engine", err))
	}
	defer c.Close()
	return app.InterruptedOr(ctx, engineEnded(f(ctx, c)))
}

// engineEnded tells that what went wrong is that the engine went away.
func engineEnded(err error) error {
	if failure.Ended(err) {
		return EngineError("the embedded engine ended or was stopped", err)
	}
	return err
}

func writeRecordsJSON(w io.Writer, records []*client.UsageInfo) error {
	if records == nil {
		records = []*client.UsageInfo{}
	}
	data, err := json.MarshalIndent(records, "", "  ")
	if err != nil {
		return fmt.Errorf("write the list: %w", err)
	}
	_, err = fmt.Fprintf(w, "%s\n", data)
	return err
}

// writeRecords writes a table of cache records and their sums.
func writeRecords(w io.Writer, records []*client.UsageInfo) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tSIZE\tLAST USED\tTYPE\tDESCRIPTION")
	var total, free int64
	for _, r := range records {
		writeRecord(t, r)
		total += r.Size
		if !r.InUse && !r.Shared {
			free += r.Size
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\ntotal %s, %s of it can be freed\n", units.HumanSize(float64(total)), units.HumanSize(float64(free)))
	return err
}

func writeRecord(t io.Writer, r *client.UsageInfo) {
	used := "never"
	if r.LastUsedAt != nil {
		used = units.HumanDuration(time.Since(*r.LastUsedAt)) + " ago"
	}
	if r.InUse {
		used = "in use"
	}
	id := r.ID
	if len(id) > 12 {
		id = id[:12]
	}
	fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", id, units.HumanSize(float64(r.Size)), used, r.RecordType, terminal.Clip(r.Description, 60))
}
