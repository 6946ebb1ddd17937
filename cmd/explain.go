package cmd

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"bake/bake"
	"bake/cmd/app"
	"bake/cmd/builders"
	"bake/cmd/diagnostics"
	"bake/cmd/exit"
	"bake/cmd/terminal"
	"bake/cmd/verb"
)

// explainOptions are the flags and arguments of `bake explain`.
type explainOptions struct {
	definitionOptions
	set     []string
	builder string // reads a definition from elsewhere
	format  string // "text" or "json"
	path    string // TARGET[.ATTRIBUTE[.KEY]], or a variable's name
	kind    string // "variable" for that, else empty
}

func newExplain(a *app.App, runF func(*app.App, *explainOptions) error) *cobra.Command {
	o := &explainOptions{}
	c := &cobra.Command{
		Use:   "explain [OPTIONS] [URL] TARGET[.ATTRIBUTE[.KEY]] | variable NAME",
		Short: "Tell where values come from",
		Long: `Tell where the values of a target, of one attribute, of one key of it, or of a
variable come from: what won, where it is written, what its expression read,
and what it replaced. With a URL, the definition is read there, as in a build;
without one no builder is needed.`,
		DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if o.origin, args, err = splitURLs(args); err != nil {
				return err
			}
			if err := explainArgs(c, args); err != nil {
				return err
			}
			o.path = args[len(args)-1]
			if len(args) == 2 {
				o.kind = args[0]
			}
			return runF(a, o)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return completeTargets(a, &o.definitionOptions, args)
		},
	}
	o.definitionOptions.addFlags(c.Flags())
	o.addDiagnosticFlags(c.Flags())
	c.Flags().StringArrayVar(&o.set, "set", nil, "Override a value before explaining: `KEY=VALUE`")
	c.Flags().StringVar(&o.builder, "builder", a.Env["BUILDX_BUILDER"], "Read the definition at a URL by the builder `NAME`")
	c.Flags().Lookup("builder").DefValue = ""
	verb.MustComplete(c, "builder", builders.CompleteBuilders(a))
	c.Flags().StringVar(&o.format, "format", "text", "Answer in this `FORM`: text or json")
	return c
}

func explainArgs(c *cobra.Command, args []string) error {
	if len(args) == 1 || len(args) == 2 && args[0] == "variable" {
		return nil
	}
	return exit.Usagef("%s takes TARGET[.ATTRIBUTE[.KEY]], or the word variable and a NAME, after the URL of the definition if it has one", c.CommandPath()).
		WithHint("See '%s --help'.", c.CommandPath())
}

func runExplain(a *app.App, o *explainOptions) error {
	if o.format != "text" && o.format != "json" {
		return exit.Usagef("invalid --format %q, want text or json", o.format)
	}
	r, err := newReporter(a, &o.definitionOptions)
	if err != nil {
		return err
	}
	return r.Finish(explainValues(a, o, r))
}

func explainValues(a *app.App, o *explainOptions, r *diagnostics.Reporter) error {
	overrides, err := parseSets(o.set)
	if err != nil {
		return err
	}
	if o.url != "" {
		if err := fetchDefinition(a, &o.definitionOptions, fetchOptions{builder: o.builder, progress: "auto", retries: 3}); err != nil {
			return err
		}
	}
	config, err := evaluateDefinition(a, &o.definitionOptions, r)
	if err != nil {
		return err
	}
	values, diags := o.values(config, bake.Request{Set: overrides, Env: a.Env, Remote: o.remote()})
	r.Add(diags)
	if err := r.Check(); err != nil {
		return err
	}
	if o.format == "json" {
		enc := json.NewEncoder(a.JSON())
		enc.SetIndent("", "  ")
		return enc.Encode(values)
	}
	e := explainer{w: a.Out, config: config}
	for _, v := range values {
		e.value(v)
	}
	return nil
}

// values are the explained values that the arguments ask for.
func (o *explainOptions) values(config *bake.Config, req bake.Request) ([]bake.Explained, hcl.Diagnostics) {
	if o.kind == "variable" {
		v, diags := config.ExplainVariable(o.path)
		return []bake.Explained{v}, diags
	}
	target, _, _ := strings.Cut(o.path, ".")
	req.Targets = []string{target}
	plan, diags := config.Plan(req)
	if plan == nil {
		return nil, diags
	}
	values, more := plan.Explain(o.path)
	return values, append(diags, more...)
}

// explainer writes origins as an indented tree, the winner first, then what
// its expression read, then what it replaced.
type explainer struct {
	w      io.Writer
	config *bake.Config
}

func (e *explainer) value(v bake.Explained) {
	fmt.Fprintf(e.w, "%s = %s\n", terminal.OneLine(v.Path), terminal.OneLine(v.Value))
	e.origin(v.Origin, "", 1)
}

func (e *explainer) origin(o *bake.Origin, lead string, depth int) {
	fmt.Fprintf(e.w, "%s%s%s\n", strings.Repeat("  ", depth), lead, terminal.OneLine(e.sentence(o)))
	for _, from := range o.From {
		e.origin(from, "", depth+1)
	}
	if o.Over != nil {
		e.origin(o.Over, "over ", depth)
	}
}

// sentence says what one origin is: its kind, its place, and the value or the
// text that is written there.
func (e *explainer) sentence(o *bake.Origin) string {
	switch o.Kind {
	case bake.KindVariable:
		return fmt.Sprintf("variable %s = %s%s", o.Name, o.Value, position(" (", o.Range, ")"))
	case bake.KindFunction:
		return fmt.Sprintf("function %s, %s", o.Name, e.written(o))
	case bake.KindBuiltin:
		return fmt.Sprintf("built-in %s = %s", o.Name, o.Value)
	case bake.KindMatrix:
		return fmt.Sprintf("matrix value %s = %s%s", o.Name, o.Value, position(" (", o.Range, ")"))
	case bake.KindEnv, bake.KindFlag:
		return fmt.Sprintf("%s = %s", o.Name, o.Value)
	case bake.KindInherited:
		return fmt.Sprintf("inherited from %s, %s", o.Name, e.written(o))
	case bake.KindDefault:
		if o.Range.Filename == "" {
			return "default " + o.Value
		}
		return "default, " + e.written(o)
	}
	if o.Name != "" {
		return o.Name + ", " + e.written(o)
	}
	return e.written(o)
}

// written is the place of an origin and what stands there.
func (e *explainer) written(o *bake.Origin) string {
	text := e.config.Source(o.Range)
	if first, _, more := strings.Cut(text, "\n"); more {
		text = strings.TrimRight(first, " \t\r") + " ..."
	}
	if text == "" {
		text = o.Value
	}
	return position("", o.Range, ": ") + text
}

func position(before string, rng hcl.Range, after string) string {
	if rng.Filename == "" {
		return ""
	}
	return fmt.Sprintf("%s%s:%d,%d%s", before, rng.Filename, rng.Start.Line, rng.Start.Column, after)
}
