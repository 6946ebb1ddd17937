package cmd

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"bake/bake"
)

// WriteReference writes the page cmd/REFERENCE.md: flags, verbs, environment
// and exit codes, from the same tables that the command line runs on.
func WriteReference(w io.Writer) error {
	root := newRoot(&app{env: bake.Env{}})
	var b strings.Builder
	b.WriteString("# The command line of bake\n\n" +
		"This page is generated from the command line itself; a test keeps it current\n" +
		"(`BAKE_UPDATE=1 go test ./cmd` rewrites it).\n\n" +
		"Standard output carries data, standard error all talk. What `docker buildx bake`\n" +
		"takes, `bake` takes. A first word that is a verb means the verb, unless every word\n" +
		"is a target or group of the definition: then these are built, and a note says so.\n" +
		"`bake -- NAME` always means the target, `bake NAME --` the verb.\n")
	writeCommand(&b, root, 2)
	writeEnvironment(&b)
	writeReportFields(&b)
	b.WriteString("\n## Exit codes\n\n| code | meaning |\n|---|---|\n")
	for _, e := range exitCodes {
		fmt.Fprintf(&b, "| %d | %s |\n", e.Code, e.Meaning)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeCommand writes a section on a command and those below it.
func writeCommand(b *strings.Builder, c *cobra.Command, level int) {
	text := c.Long
	if text == "" {
		text = c.Short + "."
	}
	fmt.Fprintf(b, "\n%s `%s`\n\n%s\n\n```text\n%s\n```\n", strings.Repeat("#", level), c.CommandPath(), markdown(text), c.UseLine())
	for _, g := range flagGroups(c) {
		rows := flagRows(g, c.HasParent())
		if len(rows) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n| %s | meaning |\n|---|---|\n%s", strings.ToLower(g.Name()), strings.Join(rows, ""))
	}
	for _, child := range c.Commands() {
		if child.IsAvailableCommand() {
			writeCommand(b, child, level+1)
		}
	}
}

// markdown keeps the indented lines of a text as they are.
func markdown(text string) string {
	var out []string
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "  ") {
			line = "  " + line // four spaces are code
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// writeEnvironment writes the variables that the command line and the engine read.
func writeEnvironment(b *strings.Builder) {
	for _, table := range []struct {
		title string
		list  []variableText
	}{{"## Environment", environmentVariables}, {"### Of the embedded engine", engineVariables}} {
		fmt.Fprintf(b, "\n%s\n\n| variable | meaning |\n|---|---|\n", table.title)
		for _, v := range table.list {
			fmt.Fprintf(b, "| `%s` | %s |\n", v.Name, v.Meaning)
		}
	}
}
