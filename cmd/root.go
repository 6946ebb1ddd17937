package cmd

import (
	"strings"

	"bake/cmd/app"
	"bake/cmd/builders"
	"bake/cmd/display"
	"bake/cmd/enginecmd"
	"bake/cmd/exit"
	"bake/cmd/inspect"
	"bake/cmd/verb"

	"github.com/spf13/cobra"
)

// newRoot is the whole command tree: `bake` itself builds, its subcommands are
// the verbs.
func newRoot(a *app.App) *cobra.Command {
	root := newBake(a, runBake)
	root.AddCommand(
		builders.New(a),
		enginecmd.New(a),
		newExplain(a, runExplain),
		newGraph(a, runGraph),
		inspect.New(a, inspect.Run),
		newVersion(a, runVersion),
		newCompletion(a),
	)
	root.PersistentPreRun = func(*cobra.Command, []string) { display.SetLogLevel(a.Debug) }
	root.SetIn(a.In)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
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
func addPersistentFlags(a *app.App, root *cobra.Command) {
	root.PersistentFlags().BoolVarP(&a.Debug, "debug", "D", a.Env["DEBUG"] != "", "Show log messages of libraries, and stack traces in errors")
}

// flagError turns what pflag says about a wrong flag into a usage error with
// a suggestion.
func flagError(c *cobra.Command, err error) error {
	text := err.Error()
	usage := exit.Usagef("%s", text)
	if name, ok := strings.CutPrefix(text, "unknown flag: --"); ok {
		if similar := verb.SimilarFlag(c, name); similar != "" {
			return usage.WithHint("Did you mean --%s?", similar)
		}
	}
	return usage.WithHint("See '%s --help'.", c.CommandPath())
}
