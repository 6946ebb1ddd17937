package cmd

import (
	"fmt"
	"io"
	"reflect"
	"strings"

	"bake/bake"
	"bake/bake/submit/report"
	"bake/cmd/app"
	"bake/cmd/exit"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// WriteReference writes the page cmd/REFERENCE.md: flags, verbs, environment
// and exit codes, from the same tables that the command line runs on.
func WriteReference(w io.Writer) error {
	root := newRoot(&app.App{Env: bake.Env{}})
	var b strings.Builder
	b.WriteString("# The command line of bake\n\n" +
		"This page is generated from the command line itself; a test keeps it current\n" +
		"(`BAKE_UPDATE=1 go test ./cmd` rewrites it).\n\n" +
		"Standard output carries data, standard error all talk; data that cannot be written,\n" +
		"as to a full disk, is an error. What `docker buildx bake`\n" +
		"takes, `bake` takes. A first word that is a verb means the verb, unless every word\n" +
		"is a target or group of the definition: then these are built, and a note says so.\n" +
		"`bake -- NAME` always means the target, `bake NAME --` the verb.\n")
	writeCommand(&b, root, 2)
	writeEnvironment(&b)
	b.WriteString(aboutGrants)
	b.WriteString(aboutOutputs)
	b.WriteString(aboutPictures)
	writeReportFields(&b)
	b.WriteString(talkText)
	b.WriteString("\n## Exit codes\n\n| code | meaning |\n|---|---|\n")
	for _, e := range exit.Codes {
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
		list  []app.VariableText
	}{{"## Environment", app.EnvironmentVariables}, {"### Of the embedded engine", app.EngineVariables}} {
		fmt.Fprintf(b, "\n%s\n\n| variable | meaning |\n|---|---|\n", table.title)
		for _, v := range table.list {
			fmt.Fprintf(b, "| `%s` | %s |\n", v.Name, v.Meaning)
		}
	}
}

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

// writeReportFields writes the section about the report in metadata files, from
// the fields of its type.
func writeReportFields(b *strings.Builder) {
	fmt.Fprintf(b, "\n## The report\n\n"+
		"A metadata file has, beside what `docker buildx bake` writes, the key `%s`.\n"+
		"Times are in RFC 3339, durations in seconds; what does not apply is left out.\n\n"+
		"| field | meaning |\n|---|---|\n", report.Key)
	writeFields(b, "", reflect.TypeFor[report.Summary]())
}

// writeFields writes a row for each field of a struct, and for those of the
// structs in it.
func writeFields(b *strings.Builder, prefix string, ty reflect.Type) {
	for i := range ty.NumField() {
		field := ty.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		inner, of := prefix+name+".", field.Type
		switch of.Kind() {
		case reflect.Map:
			inner, of = prefix+name+".NAME.", of.Elem()
		case reflect.Slice:
			inner, of = prefix+name+"[].", of.Elem()
		}
		fmt.Fprintf(b, "| `%s` | %s |\n", prefix+name, field.Tag.Get("doc"))
		if of.Kind() == reflect.Struct && of.PkgPath() == ty.PkgPath() {
			writeFields(b, inner, of)
		}
	}
}
