package cmd

import (
	"fmt"
	"io"
	"strings"

	"bake/cmd/app"
	"bake/cmd/exit"
	"bake/cmd/terminal"
	"bake/cmd/verb"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newHelp makes `bake help`.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:                   "help [VERB...]",
		Short:                 "Explain bake or one of its verbs",
		DisableFlagsInUseLine: true,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			c, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var names []string
			for _, child := range c.Commands() {
				if child.IsAvailableCommand() {
					names = append(names, cobra.CompletionWithDesc(child.Name(), child.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			c := root
			for _, name := range args {
				child := verb.ChildOf(c, name)
				if child == nil {
					return exit.Usagef("%s has no verb %q", c.CommandPath(), name).
						WithHint("%s", suggestOr(verb.Similar(name, verb.ChildNames(c)), "Its verbs are "+strings.Join(verb.ChildNames(c), ", ")+"."))
				}
				c = child
			}
			return c.Help()
		},
	}
}

func suggestOr(similar, otherwise string) string {
	if similar != "" {
		return fmt.Sprintf("Did you mean %q?", similar)
	}
	return otherwise
}

// writeHelp writes the whole help of a command.
func writeHelp(c *cobra.Command, _ []string) {
	w := c.OutOrStdout()
	text := c.Long
	if text == "" {
		text = c.Short + "."
	}
	fmt.Fprintf(w, "%s\n\n", text)
	_ = writeUsageTo(w, c)
}

// writeUsage writes how to call a command.
func writeUsage(c *cobra.Command) error { return writeUsageTo(c.OutOrStderr(), c) }

func writeUsageTo(w io.Writer, c *cobra.Command) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage:\n  %s\n", c.UseLine())
	if !c.HasParent() {
		fmt.Fprintf(&b, "  %[1]s VERB [OPTIONS]\n  %[1]s -- TARGET          (always the target, also if named like a verb)\n  %[1]s VERB --            (always the verb)\n", c.Name())
	}
	writeVerbs(&b, c)
	for _, g := range flagGroups(c) {
		fmt.Fprintf(&b, "\n%s:\n%s", g.Name(), g.FlagUsagesWrapped(80))
	}
	if !c.HasParent() {
		writeExitCodes(&b)
		writeVariableTexts(&b, app.EnvironmentVariables)
	}
	if c.Name() == "engine" {
		writeVariableTexts(&b, app.EngineVariables)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeVerbs lists the commands below a command.
func writeVerbs(b *strings.Builder, c *cobra.Command) {
	if !c.HasAvailableSubCommands() {
		return
	}
	b.WriteString("\nVerbs:\n")
	for _, child := range c.Commands() {
		if child.IsAvailableCommand() || child.Name() == "help" {
			fmt.Fprintf(b, "  %-11s %s\n", child.Name(), child.Short)
		}
	}
}

// writeExitCodes lists exit codes.
func writeExitCodes(b *strings.Builder) {
	b.WriteString("\nExit codes:\n")
	for _, e := range exit.Codes {
		fmt.Fprintf(b, "  %-5d %s\n", e.Code, e.Meaning)
	}
}

// writeVariableTexts lists environment variables.
func writeVariableTexts(b *strings.Builder, list []app.VariableText) {
	const name, meaning = 26, 50
	b.WriteString("\nEnvironment:\n")
	for _, v := range list {
		left := v.Name
		if len(left) > name {
			fmt.Fprintf(b, "  %s\n", left)
			left = ""
		}
		for _, line := range terminal.WrapLine(v.Meaning, meaning) {
			fmt.Fprintf(b, "  %-*s  %s\n", name, left, line)
			left = ""
		}
	}
}

// flagGroups are the flags of a command in the order of their declaration,
// under their headings; those without one come last.
func flagGroups(c *cobra.Command) []*pflag.FlagSet {
	var groups []*pflag.FlagSet
	find := func(name string) *pflag.FlagSet {
		for _, g := range groups {
			if g.Name() == name {
				return g
			}
		}
		g := pflag.NewFlagSet(name, pflag.ContinueOnError)
		g.SortFlags = false
		groups = append(groups, g)
		return g
	}
	add := func(f *pflag.Flag) {
		if f.Hidden || f.Deprecated != "" {
			return
		}
		heading := "Options"
		if g := f.Annotations[groupKey]; len(g) > 0 {
			heading = g[0]
		}
		find(heading).AddFlag(f)
	}
	c.InitDefaultHelpFlag()
	c.InheritedFlags() // merges the flags of the parents into those of c
	c.Flags().SortFlags = false
	c.Flags().VisitAll(add)
	return groups
}
