package builders

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"bake/cmd/app"
	"bake/cmd/exit"

	"github.com/docker/buildx/builder"
	"github.com/docker/buildx/store"
	"github.com/docker/cli/cli/command"
	"github.com/spf13/cobra"
)

// buildersRmOptions are the flags of `bake builders rm`.
type buildersRmOptions struct {
	builderOptions
	names       []string
	keepState   bool
	keepDaemon  bool
	allInactive bool
	force       bool
}

func newBuildersRm(a *app.App, runF func(*app.App, *buildersRmOptions) error) *cobra.Command {
	o := &buildersRmOptions{}
	c := &cobra.Command{
		Use:   "rm [OPTIONS] [NAME...]",
		Short: "Remove builders, else the current one",
		Long: `Remove builders with what they run in: the container, the pods. The BuildKit
behind a builder with the remote driver is left alone.`,
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     CompleteBuilders(a),
		RunE: func(_ *cobra.Command, args []string) error {
			o.names = args
			return runF(a, o)
		},
	}
	flags := c.Flags()
	flags.BoolVar(&o.keepState, "keep-state", false, "Keep the cache, for a builder of the same name")
	flags.BoolVar(&o.keepDaemon, "keep-daemon", false, "Keep the BuildKit daemon running")
	flags.BoolVar(&o.allInactive, "all-inactive", false, "Remove all builders that do not run")
	flags.BoolVarP(&o.force, "force", "f", false, "Do not ask")
	o.addName(a, flags)
	o.addTimeout(flags)
	return c
}

func runBuildersRm(a *app.App, o *buildersRmOptions) error {
	if o.allInactive && len(o.names) > 0 {
		return exit.Usagef("--all-inactive and the name of a builder exclude each other")
	}
	ctx, stop := a.Interruptible(context.Background())
	defer stop()
	if o.allInactive && !o.force {
		if ok, err := confirm(a, "All builders that do not run will be removed. Go on?"); err != nil || !ok {
			return err
		}
	}
	names, err := builderNames(ctx, a, o)
	if err != nil {
		return err
	}
	cli, err := DockerCLI(a)
	if err != nil {
		return err
	}
	txn, release, err := openStore(cli)
	if err != nil {
		return err
	}
	defer release()
	return app.InterruptedOr(ctx, removeBuilders(ctx, a, cli, txn, names, o))
}

// builderNames are the builders to remove.
func builderNames(ctx context.Context, a *app.App, o *buildersRmOptions) ([]string, error) {
	names := o.names
	switch {
	case o.allInactive:
		return NewBuildxStore(a.Env).Names(), nil
	case len(names) == 0 && o.builder != "":
		names = []string{o.builder}
	case len(names) == 0:
		names = []string{currentName(ctx, a)}
	}
	for _, name := range names {
		const instead = "`bake engine stop` stops it, `bake engine prune --all` empties its cache."
		if err := notEmbedded(name, instead); err != nil {
			return nil, err
		}
		if name == "" {
			return nil, exit.Usagef("bake builders rm wants the name of a builder").WithHint("`bake builders` lists the builders.")
		}
	}
	return names, nil
}

// confirm asks a question at the terminal. Without one the answer is an error
// that says how to do without the question.
func confirm(a *app.App, question string) (bool, error) {
	if !a.Interactive {
		return false, exit.Usagef("there is no terminal to ask at").WithHint("Use --force.")
	}
	fmt.Fprintf(a.Err, "%s [y/N] ", question)
	answer, _ := bufio.NewReader(a.In).ReadString('\n')
	return strings.EqualFold(strings.TrimSpace(answer), "y"), nil
}

// removeBuilders removes builders side by side and tells of each.
func removeBuilders(ctx context.Context, a *app.App, cli command.Cli, txn *store.Txn, names []string, o *buildersRmOptions) error {
	bounded, cancel := o.within(ctx)
	defer cancel()
	results := make([]error, len(names))
	kept := make([]bool, len(names))
	var removing sync.WaitGroup
	for i, name := range names {
		removing.Go(func() { kept[i], results[i] = removeBuilder(ctx, bounded, cli, txn, name, o) })
	}
	removing.Wait()
	code := exit.OK
	for i, name := range names {
		switch {
		case results[i] != nil:
			err := builderError("remove the builder "+name, results[i])
			code = max(code, exit.CodeOf(err))
			a.Fail(err)
		case !kept[i]:
			fmt.Fprintf(a.Err, "%s removed\n", name)
		}
	}
	if code != exit.OK {
		return exit.Reported(code)
	}
	return nil
}

// removeBuilder stops the nodes of a builder and forgets it. That it cannot be
// reached does not keep it, or it could never be removed. With --all-inactive
// one that runs is kept.
func removeBuilder(ctx, bounded context.Context, cli command.Cli, txn *store.Txn, name string, o *buildersRmOptions) (kept bool, err error) {
	b, err := builder.New(cli, builder.WithName(name), builder.WithStore(txn), builder.WithSkippedValidation())
	if broken := new(json.SyntaxError); errors.As(err, &broken) { // nothing can be known of it but its name
		if o.allInactive {
			return true, nil
		}
		return false, txn.Remove(name)
	}
	if err != nil {
		return false, err
	}
	if b.DockerContext {
		return false, fmt.Errorf("it is a context of Docker: `docker context rm %s` removes it", b.Name)
	}
	if o.keepDaemon && !o.allInactive {
		return false, txn.Remove(b.Name)
	}
	options := []builder.LoadNodesOption{builder.WithSkippedImageOpt()}
	if o.allInactive {
		options = append(options, builder.WithData())
	}
	nodes, err := b.LoadNodes(bounded, options...)
	if o.allInactive && (err != nil || b.Dynamic || !b.Inactive()) {
		return true, err
	}
	if err == nil {
		err = removeNodes(ctx, nodes, o)
	}
	if ctx.Err() != nil {
		return true, context.Cause(ctx)
	}
	return false, errors.Join(err, txn.Remove(b.Name))
}

// removeNodes stops and removes what the nodes run in.
func removeNodes(ctx context.Context, nodes []builder.Node, o *buildersRmOptions) error {
	errs := make([]error, len(nodes))
	var removing sync.WaitGroup
	for i, n := range nodes {
		removing.Go(func() { errs[i] = removeNode(ctx, &n, o) })
	}
	removing.Wait()
	return errors.Join(errs...)
}

func removeNode(ctx context.Context, n *builder.Node, o *buildersRmOptions) error {
	var errs []error
	if n.Err != nil {
		errs = append(errs, fmt.Errorf("failed to load node %s: %w", n.Name, n.Err))
	}
	if n.Driver == nil {
		return errors.Join(errs...)
	}
	if !o.keepDaemon {
		if err := n.Driver.Stop(ctx, true); err != nil {
			errs = append(errs, fmt.Errorf("failed to stop node %s: %w", n.Name, err))
		}
	}
	if err := n.Driver.Rm(ctx, true, !o.keepState, !o.keepDaemon); err != nil {
		errs = append(errs, fmt.Errorf("failed to remove node %s: %w", n.Name, err))
	}
	return errors.Join(errs...)
}
