package builders

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bake/cmd/app"
	"bake/cmd/exit"
	"bake/cmd/terminal"

	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/driver"
	"github.com/docker/buildx/util/platformutil"
	units "github.com/docker/go-units"
	"github.com/spf13/cobra"
)

// buildersInspectOptions are the flags of `bake builders inspect`.
type buildersInspectOptions struct {
	builderOptions
	bootstrap bool
}

func newBuildersInspect(a *app.App, runF func(*app.App, *buildersInspectOptions) error) *cobra.Command {
	o := &buildersInspectOptions{}
	c := &cobra.Command{
		Use:                   "inspect [OPTIONS] [NAME]",
		Short:                 "Show a builder and its nodes, else the current one",
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
	c.Flags().BoolVar(&o.bootstrap, "bootstrap", false, "Start the builder first")
	o.addName(a, c.Flags())
	o.addTimeout(c.Flags())
	return c
}

func runBuildersInspect(a *app.App, o *buildersInspectOptions) error {
	ctx, stop := a.Interruptible(context.Background())
	defer stop()
	copied, err := copyStore(a)
	if err != nil {
		return err
	}
	defer copied.close()
	name := o.builder
	if name == "" {
		name = currentName(ctx, a)
	}
	if name == "" {
		return exit.Usagef("$BUILDKIT_HOST is set, so there is no current builder to show").WithHint("Name one; `bake builders` lists them.")
	}
	b, err := builderOf(a, copied, name)
	if err != nil {
		return err
	}
	if o.bootstrap && name == EmbeddedName {
		if err := startEngine(ctx, a); err != nil {
			return err
		}
	}
	nodes, err := o.load(ctx, b)
	if o.bootstrap && err == nil {
		var booted bool
		if booted, err = b.Boot(ctx); err != nil {
			return app.InterruptedOr(ctx, &exit.Error{Code: exit.Unreachable, Err: fmt.Errorf("start the builder %s: %w", b.Name, err)})
		}
		if booted {
			nodes, err = o.load(ctx, b)
		}
	}
	if stopped := app.InterruptedOr(ctx, context.Cause(ctx)); stopped != nil {
		return stopped
	}
	return writeBuilderFacts(ctx, a, b, nodes, err)
}

// writeBuilderFacts shows a builder in the words of docker buildx, which
// scripts read.
func writeBuilderFacts(ctx context.Context, a *app.App, b *builder.Builder, nodes []builder.Node, err error) error {
	f := terminal.NewFacts(a.Out)
	f.Add("Name", "%s", b.Name)
	f.Add("Driver", "%s", b.Driver)
	if !b.LastActivity.IsZero() {
		f.Add("Last Activity", "%v", b.LastActivity)
	}
	if err == nil {
		err = b.Err()
	}
	if err != nil {
		f.Add("Error", "%s", strings.TrimSpace(err.Error()))
		return f.Flush()
	}
	fmt.Fprint(f, "\nNodes:\n")
	for i, n := range nodes {
		if i > 0 {
			fmt.Fprintln(f)
		}
		writeNode(f, &n)
		if n.Err == nil {
			writeWorker(f, ctx, &n, a.Debug)
		}
	}
	return f.Flush()
}

func writeNode(f terminal.Facts, n *builder.Node) {
	f.Add("Name", "%s", n.Name)
	f.Add("Endpoint", "%s", n.Endpoint)
	var options []string
	for _, key := range slices.Sorted(maps.Keys(n.DriverOpts)) {
		options = append(options, fmt.Sprintf("%s=%q", key, n.DriverOpts[key]))
	}
	f.Unless("Driver Options", strings.Join(options, " "))
	if n.Err != nil {
		f.Add("Error", "%s", strings.TrimSpace(n.Err.Error()))
	}
}

// writeWorker shows what a node told of itself.
func writeWorker(f terminal.Facts, ctx context.Context, n *builder.Node, features bool) {
	if n.DriverInfo != nil {
		f.Add("Status", "%s", n.DriverInfo.Status)
	}
	f.Unless("BuildKit daemon flags", strings.Join(n.BuildkitdFlags, " "))
	f.Unless("BuildKit version", n.Version)
	f.Unless("Platforms", strings.Join(platformutil.FormatInGroups(n.Node.Platforms, n.Platforms), ", "))
	if features && n.Driver != nil {
		has, err := n.Driver.Features(ctx)
		if err != nil {
			f.Add("Error", "%s", err)
		}
		f.Add("Features", "")
		for _, key := range slices.Sorted(maps.Keys(has)) {
			f.Add("\t"+string(key), "%t", has[driver.Feature(key)])
		}
	}
	if len(n.Labels) > 0 {
		fmt.Fprintln(f, "Labels:")
		for _, key := range slices.Sorted(maps.Keys(n.Labels)) {
			f.Add("\t"+key, "%s", n.Labels[key])
		}
	}
	writeDevices(f, n)
	writePolicy(f, n)
	for _, name := range slices.Sorted(maps.Keys(n.Files)) {
		fmt.Fprintf(f, "File#%s:\n", name)
		for line := range strings.SplitSeq(string(n.Files[name]), "\n") {
			fmt.Fprintf(f, "\t> %s\n", line)
		}
	}
}

func writeDevices(f terminal.Facts, n *builder.Node) {
	if len(n.CDIDevices) > 0 {
		fmt.Fprintln(f, "Devices:")
	}
	for _, d := range n.CDIDevices {
		f.Add("\tName", "%s", d.Name)
		if d.OnDemand {
			f.Add("\tOn-Demand", "%v", d.OnDemand)
		} else {
			f.Add("\tAutomatically allowed", "%v", d.AutoAllow)
		}
		if len(d.Annotations) > 0 {
			fmt.Fprintln(f, "\tAnnotations:")
		}
		for _, key := range slices.Sorted(maps.Keys(d.Annotations)) {
			f.Add("\t\t"+key, "%s", d.Annotations[key])
		}
	}
}

// writePolicy shows when a node removes what from its cache.
func writePolicy(f terminal.Facts, n *builder.Node) {
	for i, rule := range n.GCPolicy {
		fmt.Fprintf(f, "GC Policy rule#%d:\n", i)
		f.Add("\tAll", "%v", rule.All)
		f.Unless("\tFilters", strings.Join(rule.Filter, " "))
		if rule.KeepDuration > 0 {
			f.Add("\tKeep Duration", "%s", rule.KeepDuration)
		}
		for _, space := range []struct {
			name  string
			bytes int64
		}{{"Reserved Space", rule.ReservedSpace}, {"Max Used Space", rule.MaxUsedSpace}, {"Min Free Space", rule.MinFreeSpace}} {
			if space.bytes > 0 {
				f.Add("\t"+space.name, "%s", units.BytesSize(float64(space.bytes)))
			}
		}
	}
}
