package verb

import (
	"bake/cmd/exit"

	"github.com/spf13/cobra"
)

// NoArgs and exactArgs are what verbs with fixed arguments accept.
func NoArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return exit.Usagef("%s takes no argument, but got %q", c.CommandPath(), args[0]).
		WithHint("See '%s --help'.", c.CommandPath())
}

// MustComplete registers a completion. It can only fail for a flag that does
// not exist, which every test would notice.
func MustComplete(c *cobra.Command, flag string, f cobra.CompletionFunc) {
	if err := c.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err)
	}
}

// ChildNames are the verbs below a verb.
func ChildNames(c *cobra.Command) []string {
	var names []string
	for _, child := range c.Commands() {
		if child.IsAvailableCommand() {
			names = append(names, child.Name())
		}
	}
	return names
}

// ChildOf is the verb of that name below a verb, nil if there is none.
func ChildOf(c *cobra.Command, name string) *cobra.Command {
	for _, child := range c.Commands() {
		if child.Name() == name {
			return child
		}
	}
	return nil
}
