package cmd

import (
	"io"
	"slices"

	"bake/bake"
	"bake/cmd/app"
	"bake/cmd/builders"
	"bake/cmd/diagnostics"
	"bake/cmd/display"
	"bake/cmd/exit"
	"bake/cmd/verb"

	"github.com/spf13/cobra"
)

// shells are those that completion scripts exist for.
var shells = []string{"bash", "fish", "powershell", "zsh"}

// newCompletion makes `bake completion`.
func newCompletion(a *app.App) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|fish|powershell|zsh",
		Short: "Print a completion script for a shell",
		Long: `Print a script that makes a shell complete the verbs, flags and targets of bake.
The targets are those of the files named on the line, else of the default files.

  bash:        source <(bake completion bash)
  fish:        bake completion fish | source
  powershell:  bake completion powershell | Out-String | Invoke-Expression
  zsh:         source <(bake completion zsh)`,
		ValidArgs:             shells,
		DisableFlagsInUseLine: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(shells, args[0]) {
				return exit.Usagef("bake completion wants the name of one shell: bash, fish, powershell or zsh")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return writeCompletion(a.Raw(), c.Root(), args[0]) },
	}
}

func writeCompletion(w io.Writer, root *cobra.Command, shell string) error {
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(w, true)
	case "fish":
		return root.GenFishCompletion(w, true)
	case "powershell":
		return root.GenPowerShellCompletionWithDesc(w)
	}
	return root.GenZshCompletion(w)
}

// completeTargets are the targets and groups that are not on the line yet. A
// definition with errors completes nothing: the line is not the place to tell.
func completeTargets(a *app.App, o *definitionOptions, given []string) ([]string, cobra.ShellCompDirective) {
	if slices.ContainsFunc(given, bake.IsRemote) {
		return nil, cobra.ShellCompDirectiveNoFileComp // a builder would have to be started for it
	}
	quiet := *a
	quiet.Err, quiet.In = io.Discard, nil
	r := &diagnostics.Reporter{Streams: quiet.Streams}
	config, err := evaluateDefinition(&quiet, o, r)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	descriptions := map[string]string{}
	for _, item := range config.ListTargets() {
		descriptions[item.Name] = item.Description
	}
	var names []string
	for _, name := range config.Names() {
		if !slices.Contains(given, name) {
			names = append(names, cobra.CompletionWithDesc(name, descriptions[name]))
		}
	}
	if a.VerbToo != nil && len(given) == 1 && given[0] == a.VerbToo.Name() {
		for _, c := range a.VerbToo.Commands() { // it may still become the verb
			names = append(names, cobra.CompletionWithDesc(c.Name(), c.Short))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// addCompletions completes the values of flags.
func addCompletions(a *app.App, c *cobra.Command) {
	fixed := map[string][]string{
		"progress":    display.Modes,
		"list":        {"targets", "variables", "ci-matrix", "releases", "type=targets,format=json", "type=variables,format=json"},
		"call":        {"build", "check", "outline", "targets", "check,format=json", "outline,format=json", "targets,format=json"},
		"diagnostics": {"text", "json"},
		"frontend":    {"auto", "builtin", "image"},
		"allow":       {"network.host", "security.insecure", "ssh", "device", "buildx.local.delete", "fs=", "fs.read=", "fs.write="},
		"sbom":        {"true", "false"},
		"provenance":  {"true", "false", "mode=min", "mode=max"},
	}
	for flag, values := range fixed {
		verb.MustComplete(c, flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	verb.MustComplete(c, "builder", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return append(builders.NewBuildxStore(a.Env).Names(), builders.EmbeddedName), cobra.ShellCompDirectiveNoFileComp
	})
	for _, flag := range []string{"set", "var", "policy", "jobs"} {
		verb.MustComplete(c, flag, cobra.NoFileCompletions)
	}
	verb.MustComplete(c, "file", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return []string{"hcl", "json", "yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
	})
}
