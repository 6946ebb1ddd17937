package cmd

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

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

func newBuildersInspect(a *app, runF func(*app, *buildersInspectOptions) error) *cobra.Command {
	o := &buildersInspectOptions{}
	c := &cobra.Command{
		Use:                   "inspect [OPTIONS] [NAME]",
		Short:                 "Show a builder and its nodes, else the current one",
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
	c.Flags().BoolVar(&o.bootstrap, "bootstrap", false, "Start the builder first")
	o.addName(a, c.Flags())
	o.addTimeout(c.Flags())
	return c
}

func runBuildersInspect(a *app, o *buildersInspectOptions) error {
	ctx, stop := a.interruptible(context.Background())
	defer stop()
	copied, err := a.copyStore()
	if err != nil {
		return err
	}
	defer copied.close()
	name := o.builder
	if name == "" {
		name = a.currentName(ctx)
	}
	if name == "" {
		return usageErrorf("$BUILDKIT_HOST is set, so there is no current builder to show").withHint("Name one; `bake builders` lists them.")
	}
	b, err := a.builderOf(copied, name)
	if err != nil {
		return err
	}
	if o.bootstrap && name == embeddedName {
		if err := a.startEngine(ctx); err != nil {
			return err
		}
	}
	nodes, err := o.load(ctx, b)
	if o.bootstrap && err == nil {
		var booted bool
		if booted, err = b.Boot(ctx); err != nil {
			return interruptedOr(ctx, &exitError{code: ExitUnreachable, err: fmt.Errorf("start the builder %s: %w", b.Name, err)})
		}
		if booted {
			nodes, err = o.load(ctx, b)
		}
	}
	if stopped := interruptedOr(ctx, context.Cause(ctx)); stopped != nil {
		return stopped
	}
	return writeBuilderFacts(ctx, a, b, nodes, err)
}

// facts writes lines of a name and a value, in two columns.
type facts struct{ *tabwriter.Writer }

func newFacts(w io.Writer) facts { return facts{tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)} }

func (f facts) add(name, form string, args ...any) {
	fmt.Fprintf(f, "%s:\t%s\n", name, fmt.Sprintf(form, args...))
}

// unless writes a fact that is not empty.
func (f facts) unless(name, value string) {
	if value != "" {
		f.add(name, "%s", value)
	}
}

// writeBuilderFacts shows a builder in the words of docker buildx, which
// scripts read.
func writeBuilderFacts(ctx context.Context, a *app, b *builder.Builder, nodes []builder.Node, err error) error {
	f := newFacts(a.out)
	f.add("Name", "%s", b.Name)
	f.add("Driver", "%s", b.Driver)
	if !b.LastActivity.IsZero() {
		f.add("Last Activity", "%v", b.LastActivity)
	}
	if err == nil {
		err = b.Err()
	}
	if err != nil {
		f.add("Error", "%s", strings.TrimSpace(err.Error()))
		return f.Flush()
	}
	fmt.Fprint(f, "\nNodes:\n")
	for i, n := range nodes {
		if i > 0 {
			fmt.Fprintln(f)
		}
		f.node(&n)
		if n.Err == nil {
			f.worker(ctx, &n, a.debug)
		}
	}
	return f.Flush()
}

func (f facts) node(n *builder.Node) {
	f.add("Name", "%s", n.Name)
	f.add("Endpoint", "%s", n.Endpoint)
	var options []string
	for _, key := range slices.Sorted(maps.Keys(n.DriverOpts)) {
		options = append(options, fmt.Sprintf("%s=%q", key, n.DriverOpts[key]))
	}
	f.unless("Driver Options", strings.Join(options, " "))
	if n.Err != nil {
		f.add("Error", "%s", strings.TrimSpace(n.Err.Error()))
	}
}

// worker shows what a node told of itself.
func (f facts) worker(ctx context.Context, n *builder.Node, features bool) {
	if n.DriverInfo != nil {
		f.add("Status", "%s", n.DriverInfo.Status)
	}
	f.unless("BuildKit daemon flags", strings.Join(n.BuildkitdFlags, " "))
	f.unless("BuildKit version", n.Version)
	f.unless("Platforms", strings.Join(platformutil.FormatInGroups(n.Node.Platforms, n.Platforms), ", "))
	if features && n.Driver != nil {
		has, err := n.Driver.Features(ctx)
		if err != nil {
			f.add("Error", "%s", err)
		}
		f.add("Features", "")
		for _, key := range slices.Sorted(maps.Keys(has)) {
			f.add("\t"+string(key), "%t", has[driver.Feature(key)])
		}
	}
	if len(n.Labels) > 0 {
		fmt.Fprintln(f, "Labels:")
		for _, key := range slices.Sorted(maps.Keys(n.Labels)) {
			f.add("\t"+key, "%s", n.Labels[key])
		}
	}
	f.devices(n)
	f.policy(n)
	for _, name := range slices.Sorted(maps.Keys(n.Files)) {
		fmt.Fprintf(f, "File#%s:\n", name)
		for line := range strings.SplitSeq(string(n.Files[name]), "\n") {
			fmt.Fprintf(f, "\t> %s\n", line)
		}
	}
}

func (f facts) devices(n *builder.Node) {
	if len(n.CDIDevices) > 0 {
		fmt.Fprintln(f, "Devices:")
	}
	for _, d := range n.CDIDevices {
		f.add("\tName", "%s", d.Name)
		if d.OnDemand {
			f.add("\tOn-Demand", "%v", d.OnDemand)
		} else {
			f.add("\tAutomatically allowed", "%v", d.AutoAllow)
		}
		if len(d.Annotations) > 0 {
			fmt.Fprintln(f, "\tAnnotations:")
		}
		for _, key := range slices.Sorted(maps.Keys(d.Annotations)) {
			f.add("\t\t"+key, "%s", d.Annotations[key])
		}
	}
}

// policy shows when a node removes what from its cache.
func (f facts) policy(n *builder.Node) {
	for i, rule := range n.GCPolicy {
		fmt.Fprintf(f, "GC Policy rule#%d:\n", i)
		f.add("\tAll", "%v", rule.All)
		f.unless("\tFilters", strings.Join(rule.Filter, " "))
		if rule.KeepDuration > 0 {
			f.add("\tKeep Duration", "%s", rule.KeepDuration)
		}
		for _, space := range []struct {
			name  string
			bytes int64
		}{{"Reserved Space", rule.ReservedSpace}, {"Max Used Space", rule.MaxUsedSpace}, {"Min Free Space", rule.MinFreeSpace}} {
			if space.bytes > 0 {
				f.add("\t"+space.name, "%s", units.BytesSize(float64(space.bytes)))
			}
		}
	}
}
