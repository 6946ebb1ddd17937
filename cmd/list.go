package cmd

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	csvvalue "github.com/tonistiigi/go-csvvalue"

	"bake/bake"
	"bake/cmd/exit"
	"bake/cmd/recovery"
	"bake/cmd/terminal"
)

// listOptions are the parsed value of --list.
type listOptions struct {
	kind   string // "targets", "variables", ciMatrixKind or releasesKind
	format string // "table" or "json"
}

// listKinds are what docker buildx bake can list, too.
var listKinds = []string{"targets", "variables"}

// parseList reads `targets`, `variables`, `ci-matrix`, `releases` or `type=KIND,format=FORMAT`.
func parseList(text string) (listOptions, error) {
	o := listOptions{format: "table"}
	fields, err := csvvalue.Fields(text, nil)
	if err != nil {
		return o, exit.Usagef("--list %s: %w", text, err)
	}
	if len(fields) == 1 && !strings.Contains(text, "=") {
		o.kind, fields = text, nil
	}
	for _, field := range fields {
		key, value, ok := strings.Cut(field, "=")
		switch key = strings.ToLower(strings.TrimSpace(key)); {
		case !ok:
			return o, exit.Usagef("--list %s: invalid value %s, want type=targets|variables|ci-matrix|releases[,format=table|json]", text, field)
		case key == "type":
			o.kind = value
		case key == "format":
			o.format = value
		default:
			return o, exit.Usagef("--list %s: unexpected key %q, want type or format", text, key)
		}
	}
	if !slices.Contains(listKinds, o.kind) && o.kind != ciMatrixKind && o.kind != recovery.ReleasesKind {
		return o, exit.Usagef("--list: invalid list type %q, want targets, variables, ci-matrix or releases", o.kind)
	}
	if o.format != "table" && o.format != "json" {
		return o, exit.Usagef("--list: invalid list format %q, want table or json", o.format)
	}
	return o, nil
}

// bareList gives a --list without a KIND, which is one at the end or before
// another flag, the targets.
func bareList(args []string) []string {
	if len(args) == 0 || strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		return args
	}
	args = slices.Clone(args)
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if arg == "--list" && (i+1 == len(args) || strings.HasPrefix(args[i+1], "-")) {
			args[i] = "--list=targets"
		}
	}
	return args
}

// writeList writes what --list asks for.
func writeList(w io.Writer, o listOptions, config *bake.Config) error {
	if o.kind == "variables" {
		return writeVariables(w, o.format, config.ListVariables())
	}
	return writeTargets(w, o.format, config.ListTargets())
}

func writeTargets(w io.Writer, format string, list []bake.Listed) error {
	if format == "json" {
		return writeJSONList(w, list)
	}
	t := newTable(w, "TARGET\tDESCRIPTION")
	for _, item := range list {
		fmt.Fprintf(t, "%s\t%s\n", item.Name, terminal.OneLine(item.Description))
	}
	return t.Flush()
}

func writeVariables(w io.Writer, format string, list []bake.ListedVariable) error {
	if format == "json" {
		return writeJSONList(w, list)
	}
	t := newTable(w, "VARIABLE\tTYPE\tVALUE\tDESCRIPTION")
	for _, v := range list {
		value := "<null>"
		if v.Value != nil {
			value = *v.Value
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", v.Name, v.Type, terminal.OneLine(value), terminal.OneLine(v.Description))
	}
	return t.Flush()
}

func writeJSONList(w io.Writer, list any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(list)
}

func newTable(w io.Writer, header string) *tabwriter.Writer {
	t := tabwriter.NewWriter(w, 1, 8, 1, '\t', 0)
	fmt.Fprintln(t, header)
	return t
}
