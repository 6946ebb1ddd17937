package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// flagRows are the rows of a table of flags, without --help and, below the
// root, without the flags that every command has.
func flagRows(set *pflag.FlagSet, below bool) []string {
	var rows []string
	set.VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" || (below && f.Name == "debug") {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := "`--" + f.Name
		if f.Shorthand != "" {
			name = "`-" + f.Shorthand + "`, " + name
		}
		if value != "" && f.Value.Type() != "bool" {
			name += " " + value
		}
		if f.DefValue != "" && f.DefValue != "[]" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "-1" && f.DefValue != "0s" {
			usage += fmt.Sprintf(" (default %s)", f.DefValue)
		}
		rows = append(rows, fmt.Sprintf("| %s` | %s |\n", name, strings.ReplaceAll(usage, "|", "\\|")))
	})
	return rows
}
