package builders

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"bake/cmd/app"
	"bake/cmd/exit"
	"bake/cmd/verb"

	"github.com/docker/buildx/builder"
	"github.com/docker/cli/cli/command/formatter"
	"github.com/spf13/cobra"
)

// buildersLsOptions are the flags of `bake builders ls`.
type buildersLsOptions struct {
	builderOptions
	format  string
	noTrunc bool
}

func newBuildersLs(a *app.App, runF func(*app.App, *buildersLsOptions) error) *cobra.Command {
	o := &buildersLsOptions{builderOptions: builderOptions{timeout: builderPatience}}
	c := &cobra.Command{
		Use:   "ls [OPTIONS]",
		Short: "List the builders",
		Long: `List the builders and their nodes, with a star at the one that a build uses when
none is named. Nothing is started by this.`,
		Args:                  verb.NoArgs,
		DisableFlagsInUseLine: true,
		RunE:                  func(*cobra.Command, []string) error { return runF(a, o) },
	}
	c.Flags().StringVar(&o.format, "format", formatter.TableFormatKey, "`FORM` of the list: table, json or a Go template")
	c.Flags().BoolVar(&o.noTrunc, "no-trunc", false, "List all platforms")
	o.addTimeout(c.Flags())
	return c
}

func runBuildersLs(a *app.App, o *buildersLsOptions) error {
	ctx, stop := a.Interruptible(context.Background())
	defer stop()
	copied, err := copyStore(a)
	if err != nil {
		return err
	}
	defer copied.close()
	builders, err := allBuilders(a, copied)
	if err != nil {
		return err
	}
	var loading sync.WaitGroup
	for _, b := range builders {
		loading.Go(func() { _, _ = o.load(ctx, b) })
	}
	loading.Wait()
	if err := app.InterruptedOr(ctx, context.Cause(ctx)); err != nil {
		return err
	}
	if host := a.Env["BUILDKIT_HOST"]; host != "" {
		a.Note("$BUILDKIT_HOST is set: builds go to %s when no builder is named", host)
	}
	if err := writeBuilders(a, o, builders, currentName(ctx, a)); err != nil {
		return exit.Usagef("invalid --format: %w", err)
	}
	return nil
}

// allBuilders are all builders: working ones first, in the order of their
// names, then the contexts of Docker. The context that is always there is left
// out where there is no Docker.
func allBuilders(a *app.App, copied *storeCopy) ([]*builder.Builder, error) {
	list, err := builder.GetBuilders(copied.cli, copied.txn)
	if err != nil {
		return nil, fmt.Errorf("list the builders: %w", err)
	}
	return slices.DeleteFunc(list, func(b *builder.Builder) bool {
		return b.DockerContext && b.Name == "default" && !dockerConceivable(a)
	}), nil
}

// The default form of the list.
const buildersTable = "table {{.Name}}\t{{.DriverEndpoint}}\t{{.Status}}\t{{.Buildkit}}\t{{.Platforms}}"

func writeBuilders(a *app.App, o *buildersLsOptions, builders []*builder.Builder, current string) error {
	format := formatter.Format(o.format)
	if format == formatter.TableFormatKey {
		format = buildersTable
	}
	slices.SortStableFunc(builders, func(x, y *builder.Builder) int {
		switch {
		case (x.Err() != nil) == (y.Err() != nil):
			return 0
		case x.Err() != nil:
			return 1
		}
		return -1
	})
	header := &builderRow{HeaderContext: formatter.HeaderContext{Header: formatter.SubHeaderContext{
		"Name": "NAME/NODE", "DriverEndpoint": "DRIVER/ENDPOINT", "LastActivity": "LAST ACTIVITY",
		"Status": "STATUS", "Buildkit": "BUILDKIT", "Platforms": "PLATFORMS",
	}}}
	out := formatter.Context{Output: a.Templated(string(format)), Format: format, Trunc: !o.noTrunc}
	err := out.Write(header, func(write func(formatter.SubContext) error) error {
		for _, b := range builders {
			row := builderRow{Builder: &listedBuilder{Builder: b, Current: b.Name == current}, table: format.IsTable(), short: out.Trunc}
			if err := writeBuilder(write, row, format); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && format.IsTable() {
		tellBuilderErrors(a, builders)
	}
	return err
}

// writeBuilder writes a builder and, below it, its nodes. In JSON these are
// part of the builder.
func writeBuilder(write func(formatter.SubContext) error, row builderRow, format formatter.Format) error {
	if err := write(&row); err != nil || row.Builder.Err() != nil || format.IsJSON() {
		return err
	}
	for _, n := range row.Builder.Nodes() {
		below := row
		below.node = &n
		if err := write(&below); err != nil {
			return err
		}
	}
	return nil
}

// tellBuilderErrors says what is wrong with the builders whose status is error.
func tellBuilderErrors(a *app.App, builders []*builder.Builder) {
	for _, b := range builders {
		if b.Err() != nil {
			a.Warn("the builder %s cannot be used: %s", b.Name, strings.TrimSpace(b.Err().Error()))
			continue
		}
		for _, n := range b.Nodes() {
			if n.Err != nil {
				a.Warn("the node %s of the builder %s cannot be used: %s", n.Name, b.Name, strings.TrimSpace(n.Err.Error()))
			}
		}
	}
}
