package cmd

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"bake/bake"
	"bake/bake/graph"
	"bake/bake/graph/form"
	"bake/bake/graph/look"
	"bake/cmd/app"
	"bake/cmd/builders"
	"bake/cmd/diagnostics"
	"bake/cmd/exit"
	"bake/cmd/verb"
)

// graphOptions are the flags and arguments of `bake graph`.
type graphOptions struct {
	definitionOptions
	set        []string
	builder    string // reads a definition from elsewhere
	targets    []string
	stages     bool   // the stages of Dockerfiles are shown
	dockerfile string // is shown without any definition
	stage      string // of that, to build
	args       []string
	format     string // a form, empty for the one that the file's name asks for
	output     string // file, empty for standard output
	check      string // file that has to be the picture
	theme      string
	edges      string
	direction  string
	look       look.Options
	scratch    string
	nodesep    float64 // inches, as Graphviz has them
	ranksep    float64
}

func newGraph(a *app.App, runF func(*app.App, *graphOptions) error) *cobra.Command {
	o := &graphOptions{}
	c := &cobra.Command{
		Use:   "graph [OPTIONS] [URL] [TARGET...]",
		Short: "Draw what targets are built from",
		Long: `Draw what targets are built from: the targets and their links, and in each
the stages of its Dockerfile with the images and contexts that they use.
Targets of one Dockerfile are drawn together, and all targets where none is
named and there is no default. No builder is needed.

On standard output it is a tree. The name of a file says its form: svg, png,
pdf, html (to zoom and search), dot, mermaid or json. With --dockerfile it
draws a Dockerfile without any definition.`,
		DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if o.origin, o.targets, err = splitURLs(args); err != nil {
				return err
			}
			return runF(a, o)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			return completeTargets(a, &o.definitionOptions, args)
		},
	}
	o.addFlags(a, c)
	return c
}

func (o *graphOptions) addFlags(a *app.App, c *cobra.Command) {
	flags := c.Flags()
	o.definitionOptions.addFlags(flags)
	o.addDiagnosticFlags(flags)
	flags.StringArrayVar(&o.set, "set", nil, "Override a value first: `KEY=VALUE`")
	flags.StringVar(&o.builder, "builder", a.Env["BUILDX_BUILDER"], "Read the definition at a URL by the builder `NAME`")
	flags.Lookup("builder").DefValue = ""
	verb.MustComplete(c, "builder", builders.CompleteBuilders(a))
	flags.StringVarP(&o.output, "output", "o", "", "Write the picture to `FILE`, in the form that its ending names")
	flags.StringVar(&o.format, "format", "", "Draw in this `FORM`: "+strings.Join(form.Names(), ", "))
	flags.StringVar(&o.check, "check", "", "Draw nothing, and end with code 3 if `FILE` is not the picture any more")
	flags.BoolVar(&o.stages, "stages", true, "Show the stages of Dockerfiles")
	flags.StringVar(&o.dockerfile, "dockerfile", "", "Draw this `FILE` without any definition")
	flags.StringVar(&o.dockerfile, "filename", "", "The same as --dockerfile")
	_ = flags.MarkHidden("filename") // the word of dockerfilegraph
	flags.StringVar(&o.stage, "target", "", "With --dockerfile: the `STAGE` that is built, the last by default")
	flags.StringArrayVar(&o.args, "build-arg", nil, "With --dockerfile: `NAME=VALUE` of an argument")
	flags.BoolVar(&o.look.Layers, "layers", false, "Show the instructions of each stage")
	flags.BoolVar(&o.look.Legend, "legend", false, "Explain the styles that occur")
	flags.StringVar(&o.scratch, "scratch", "collapsed", "Draw the empty image as `FORM`: collapsed, separated or hidden")
	flags.StringSliceVar(&o.look.Separate, "separate", nil, "Draw each use of `IMAGE,...` with a node of its own")
	flags.IntVar(&o.look.MaxLabel, "max-label-length", 0, "Cut names after `N` characters; 0 for none")
	flags.StringVar(&o.theme, "theme", "auto", "Draw for this `LIGHT`: auto, light or dark")
	flags.StringVar(&o.direction, "direction", "right", "Draw from what is used to what uses it this `WAY`: right or down")
	flags.StringVar(&o.edges, "edgestyle", "default", "Draw edges in this `STYLE`: default tells kinds by dashes, too, or solid")
	flags.BoolVar(&o.look.Concentrate, "concentrate", false, "Let edges of one node share a part of their way")
	flags.Float64Var(&o.nodesep, "nodesep", 0, "Keep nodes of a rank this many `INCHES` apart; 0 for what suits")
	flags.Float64Var(&o.ranksep, "ranksep", 0, "Keep ranks this many `INCHES` apart; 0 for what suits")
	flags.IntVar(&o.look.Unflatten, "unflatten", 0, "Let what stands beside each other stagger over `N` ranks")
	flags.Float64Var(&o.look.DPI, "dpi", 0, "Draw a png with `N` dots per inch; 0 for 96")
	for flag, values := range o.choices() {
		verb.MustComplete(c, flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
}

// choices are the values of the flags that take one of a few words.
func (o *graphOptions) choices() map[string][]string {
	return map[string][]string{
		"format": form.Names(), "scratch": {"collapsed", "separated", "hidden"}, "theme": {"auto", "light", "dark"},
		"direction": {"right", "down"}, "edgestyle": {"default", "solid"},
	}
}

// settle checks the flags and makes the options of a picture of them.
func (o *graphOptions) settle(a *app.App) error {
	for flag, value := range map[string]string{"format": o.format, "scratch": o.scratch, "theme": o.theme, "direction": o.direction, "edgestyle": o.edges} {
		if known := o.choices()[flag]; value != "" && !slices.Contains(known, value) {
			return exit.Usagef("invalid --%s %q, want %s", flag, value, strings.Join(known, ", "))
		}
	}
	if slices.Contains(form.Names(), o.output) {
		return exit.Usagef("-o takes a file, and %q is a form", o.output).WithHint("Write --format %s, or -o picture.%[1]s.", o.output)
	}
	switch {
	case o.check != "" && o.output != "":
		return exit.Usagef("--check and --output exclude each other: one compares a picture, the other writes it")
	case o.dockerfile != "" && (len(o.targets) > 0 || o.url != ""):
		return exit.Usagef("--dockerfile draws a Dockerfile without any definition, so it takes no targets").WithHint("Name a stage with --target.")
	case o.dockerfile == "" && o.stage != "":
		return exit.Usagef("--target names a stage of --dockerfile").WithHint("Name the targets of a definition without a flag.")
	case o.look.MaxLabel != 0 && o.look.MaxLabel < 4:
		return exit.Usagef("invalid --max-label-length %d, want 0 or at least 4", o.look.MaxLabel)
	case o.nodesep < 0, o.ranksep < 0, o.look.DPI < 0, o.look.Unflatten < 0:
		return exit.Usagef("--nodesep, --ranksep, --dpi and --unflatten are not below zero")
	}
	const inch = 72 // points
	o.look.NodeSep, o.look.RankSep = o.nodesep*inch, o.ranksep*inch
	if o.scratch != "collapsed" {
		o.look.Scratch = look.Scratch(o.scratch)
	}
	if o.theme != "auto" {
		o.look.Theme = look.Theme(o.theme)
	}
	o.look.SolidEdges, o.look.TopDown = o.edges == "solid", o.direction == "down"
	return o.settleForm(a)
}

// settleForm takes the form from the name of a file where no flag names it.
func (o *graphOptions) settleForm(a *app.App) error {
	file := o.output + o.check
	if o.format == "" && file != "" {
		if o.format = form.Of(file); o.format == "" {
			return exit.Usagef("the name of %s does not say a form", file).WithHint("Name it with --format: %s.", strings.Join(form.Names(), ", "))
		}
	}
	if o.format == "" {
		o.format = "text"
	}
	if o.format == "text" && file == "" {
		o.look.Width, o.look.Color = a.Columns(), a.ColorOut
	}
	return nil
}

func runGraph(a *app.App, o *graphOptions) error {
	if err := o.settle(a); err != nil {
		return err
	}
	r, err := newReporter(a, &o.definitionOptions)
	if err != nil {
		return err
	}
	return r.Finish(drawGraph(a, o, r))
}

func drawGraph(a *app.App, o *graphOptions, r *diagnostics.Reporter) error {
	g, err := readGraph(a, o, r)
	if err != nil {
		return err
	}
	if !o.stages {
		for i := range g.Boxes {
			g.Boxes[i].Nodes, g.Boxes[i].Edges = nil, nil
		}
		for i := range g.Links {
			g.Links[i].Node = ""
		}
	}
	picture, err := form.Render(o.format, g, o.look)
	if err != nil {
		return exit.Usagef("%w", err)
	}
	switch {
	case o.check != "":
		return checkPicture(a, o.check, picture)
	case o.output != "":
		if err := writeFileAtomic(inDir(a, o.output), picture); err != nil {
			return exit.Usagef("write the picture: %w", err)
		}
		return nil
	}
	_, err = a.Out.Write(picture)
	return err
}

// inDir is a file as seen from where bake was called.
func inDir(a *app.App, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(a.Dir, name)
}

// checkPicture reports a file that is not the picture any more.
func checkPicture(a *app.App, name string, picture []byte) error {
	have, err := os.ReadFile(inDir(a, name))
	if err == nil && bytes.Equal(have, picture) {
		return nil
	}
	why := "is not the picture of the definition any more"
	if err != nil {
		why = "cannot be read: " + err.Error()
	}
	args := slices.Clone(a.Args)
	for i, arg := range args {
		if arg == "--check" || strings.HasPrefix(arg, "--check=") {
			args[i] = strings.Replace(arg, "--check", "--output", 1)
		}
	}
	return (&exit.Error{Code: exit.Check, Err: fmt.Errorf("%s %s", name, why)}).WithHint("Renew it with: bake %s", strings.Join(args, " "))
}

// drawn are the targets that are: all of them where none is named and there is no
// default.
func (o *graphOptions) drawn(config *bake.Config) []string {
	if len(o.targets) > 0 || slices.Contains(config.Names(), "default") {
		return o.targets
	}
	var all []string
	for _, t := range config.ListTargets() {
		all = append(all, t.Name)
	}
	return all
}

// readGraph reads what is to be drawn.
func readGraph(a *app.App, o *graphOptions, r *diagnostics.Reporter) (*graph.Graph, error) {
	if o.dockerfile != "" {
		return readDockerfileGraph(a, o)
	}
	overrides, err := parseSets(o.set)
	if err != nil {
		return nil, err
	}
	if o.url != "" {
		if err := fetchDefinition(a, &o.definitionOptions, fetchOptions{builder: o.builder, progress: "auto", retries: 3}); err != nil {
			return nil, err
		}
	}
	config, err := evaluateDefinition(a, &o.definitionOptions, r)
	if err != nil {
		return nil, err
	}
	plan, diags := config.Plan(bake.Request{Targets: o.drawn(config), Set: overrides, Env: a.Env, Remote: o.remote()})
	r.Add(diags)
	if err := r.Check(); err != nil {
		return nil, err
	}
	g, faults := graph.Of(plan, graph.Sources{Native: nativePlatform(), Find: dockerfilesOf(a, plan), Config: layoutConfigs(a, plan)})
	r.Add(faultDiagnostics(faults))
	if len(o.targets) > 0 { // then the default is only what was asked for
		for i, b := range g.Boxes {
			g.Boxes[i].Groups = slices.DeleteFunc(b.Groups, func(name string) bool { return name == "default" })
		}
	}
	return g, r.Check()
}
