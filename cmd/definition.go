package cmd

import (
	"cmp"
	"io/fs"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/pflag"

	"bake/bake"
	"bake/compose"
)

// definitionOptions say which definition to read and how to talk about it.
// Every verb that reads a definition has them.
type definitionOptions struct {
	origin
	files       []string
	vars        []string
	envFiles    []string // --env-file, for Compose files
	profiles    []string // --profile, for Compose files
	verbose     bool     // -v: tell of what Compose files say and no build needs
	strict      bool
	diagnostics string // "text" or "json"

	reading *reading // what was read on this machine
}

func (o *definitionOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringArrayVarP(&o.files, "file", "f", nil, "Read the definition from `FILE`, or - for standard input")
	flags.StringArrayVar(&o.vars, "var", nil, "Set a variable: `NAME=VALUE`")
	flags.StringArrayVar(&o.envFiles, "env-file", nil, "Read variables of Compose files from `FILE` instead of .env")
	flags.BoolVarP(&o.verbose, "verbose", "v", false, "Tell which attributes of Compose files have no effect on a build")
	flags.StringArrayVar(&o.profiles, "profile", nil, "Build the services of the Compose profile `NAME`, and those without; all by default")
}

func (o *definitionOptions) addDiagnosticFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&o.strict, "strict", false, "Treat warnings about the definition as errors")
	flags.StringVar(&o.diagnostics, "diagnostics", "text", "Show diagnostics in this `FORM`: text or json")
}

// newReporter is the reporter that the options ask for.
func (a *app) newReporter(o *definitionOptions) (*reporter, error) {
	if o.diagnostics != "text" && o.diagnostics != "json" {
		return nil, usageErrorf("invalid --diagnostics %q, want text or json", o.diagnostics)
	}
	return &reporter{
		streams: a.streams,
		json:    o.diagnostics == "json",
		strict:  o.strict,
		github:  newAnnotator(a.github, a.dir, a.env),
	}, nil
}

// evaluate reads the definition and finds the values of its variables.
// Problems go to the reporter; the error then only ends the run.
func (a *app) evaluate(o *definitionOptions, r *reporter) (*bake.Config, error) {
	vars, err := parseVars(o.vars)
	if err != nil {
		return nil, err
	}
	fsys := hostFS{a.dir}
	files, project, err := o.read(a, fsys)
	if err != nil {
		return nil, err
	}
	r.source(files)
	definition, diags := bake.ParseWith(files, bake.ParseOptions{
		Env: a.env, Vars: vars, FS: o.filesOf(fsys, project.EnvFiles), Profiles: o.profiles, Ignored: a.ignored(o.verbose),
		EnvFiles: project.EnvFiles, NoEnvFile: project.NoEnvFile, ProjectDir: project.Dir,
	})
	r.add(diags)
	if definition == nil || diags.HasErrors() {
		return nil, r.check()
	}
	config, diags := definition.Evaluate(bake.Scope{Env: a.env, Vars: vars, Builtins: builtins(o.context)})
	r.add(diags)
	if config == nil || diags.HasErrors() {
		return nil, r.check()
	}
	return config, nil
}

// read reads the definition files, notes what it reads on this machine, and says
// how the Compose files among them are to be understood.
func (o *definitionOptions) read(a *app, fsys fs.FS) ([]bake.File, compose.Settings, error) {
	if o.fetched != nil {
		return o.readBoth(a, fsys)
	}
	names, project, err := o.names(a.env, fsys)
	if err != nil {
		return nil, project, err
	}
	files, err := o.readLocal(a, fsys, names, project)
	if err == nil && len(names) == 0 && o.diagnostics != "json" {
		a.noteOverride(files, fsys)
	}
	return files, project, err
}

// readBoth reads a definition from elsewhere, with what goes with it here.
func (o *definitionOptions) readBoth(a *app, fsys fs.FS) ([]bake.File, compose.Settings, error) {
	project, err := o.settings(a.env)
	if err != nil {
		return nil, project, err
	}
	o.reading = &reading{from: namingVariable(o.files, a.env, project)}
	files, err := o.readRemote(a, o.reading.noted(fsys), o.reading.input(a.in))
	return files, project, err
}

// readLocal reads files of this machine, unless they have just been read.
func (o *definitionOptions) readLocal(a *app, fsys fs.FS, names []string, project compose.Settings) ([]bake.File, error) {
	if a.opened != nil && slices.Equal(a.opened.names, names) {
		o.reading = a.opened.reading
		return a.opened.files, nil
	}
	o.reading = &reading{from: namingVariable(o.files, a.env, project)}
	files, err := readDefinition(names, o.reading.noted(fsys), o.reading.input(a.in))
	if err == nil {
		a.opened = &openedFiles{names, files, o.reading}
	}
	return files, err
}

// openedFiles are definition files that have been read: some, as pipes, give
// what they have once only.
type openedFiles struct {
	names   []string
	files   []bake.File
	reading *reading
}

// ignored tells, where that is asked for, of what Compose files say and no
// build needs.
func (a *app) ignored(verbose bool) func(hcl.Range, string) {
	if !verbose && !a.debug {
		return nil
	}
	return func(rng hcl.Range, text string) { a.note("%s%s", position("", rng, ": "), text) }
}

// builtins are the values that every definition may read. The context is the
// one that the command line names beside the definition, if any.
func builtins(context string) map[string]string {
	return map[string]string{
		"BAKE_CMD_CONTEXT":    cmp.Or(context, localContext),
		"BAKE_LOCAL_PLATFORM": platforms.Format(platforms.DefaultSpec()),
	}
}

// parseVars reads the --var flags. The last value given for a name counts.
func parseVars(list []string) (map[string]string, error) {
	vars := map[string]string{}
	for _, text := range list {
		if text == "" {
			continue
		}
		name, value, ok := strings.Cut(text, "=")
		switch {
		case !ok:
			return nil, usageErrorf("invalid variable %q, expected key=value", text)
		case name == "":
			return nil, usageErrorf("invalid variable %q, key is empty", text)
		}
		vars[name] = value
	}
	return vars, nil
}
