package cmd

import (
	"strings"

	"github.com/spf13/cobra"
)

// newRoot is the whole command tree: `bake` itself builds, its subcommands are
// the verbs.
func newRoot(a *app) *cobra.Command {
	root := newBake(a, runBake)
	root.AddCommand(
		newBuilders(a),
		newEngine(a),
		newExplain(a, runExplain),
		newInspect(a, runInspect),
		newVersion(a, runVersion),
		newCompletion(a),
	)
	root.PersistentPreRun = func(*cobra.Command, []string) { setLogLevel(a.debug) }
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SilenceErrors = true
	root.SilenceUsage = true
	root.CompletionOptions.DisableDefaultCmd = true
	addPersistentFlags(a, root)
	root.SetHelpCommand(newHelp(root))
	root.InitDefaultHelpCmd() // now, so that it is a verb like the others
	root.SetFlagErrorFunc(flagError)
	root.SetUsageFunc(writeUsage)
	root.SetHelpFunc(writeHelp)
	return root
}

// addPersistentFlags declares the flags that every verb has.
func addPersistentFlags(a *app, root *cobra.Command) {
	root.PersistentFlags().BoolVarP(&a.debug, "debug", "D", a.env["DEBUG"] != "", "Show log messages of libraries, and stack traces in errors")
}

// flagError turns what pflag says about a wrong flag into a usage error with
// a suggestion.
func flagError(c *cobra.Command, err error) error {
	text := err.Error()
	usage := usageErrorf("%s", text)
	if name, ok := strings.CutPrefix(text, "unknown flag: --"); ok {
		if similar := similarFlag(c, name); similar != "" {
			return usage.withHint("Did you mean --%s?", similar)
		}
	}
	return usage.withHint("See '%s --help'.", c.CommandPath())
}

// noArgs and exactArgs are what verbs with fixed arguments accept.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usageErrorf("%s takes no argument, but got %q", c.CommandPath(), args[0]).
		withHint("See '%s --help'.", c.CommandPath())
}
