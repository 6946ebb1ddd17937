package cmd

import (
	"io/fs"
	"slices"
	"strings"

	"bake/bake"
	"bake/cmd/app"
	"bake/cmd/diagnostics"
	"bake/cmd/exit"
	"bake/cmd/files"
	"bake/compose"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/pflag"
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

	reading *files.Reading // what was read on this machine
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
func newReporter(a *app.App, o *definitionOptions) (*diagnostics.Reporter, error) {
	if o.diagnostics != "text" && o.diagnostics != "json" {
		return nil, exit.Usagef("invalid --diagnostics %q, want text or json", o.diagnostics)
	}
	return &diagnostics.Reporter{
		Streams: a.Streams,
		JSON:    o.diagnostics == "json",
		Strict:  o.strict,
		GitHub:  diagnostics.NewAnnotator(a.GitHub, a.Dir, a.Env),
	}, nil
}

// evaluateDefinition reads the definition and finds the values of its variables.
// Problems go to the reporter; the error then only ends the run.
func evaluateDefinition(a *app.App, o *definitionOptions, r *diagnostics.Reporter) (*bake.Config, error) {
	vars, err := parseVars(o.vars)
	if err != nil {
		return nil, err
	}
	r.Secrets = diagnostics.NewSecrets(a.Env, vars)
	fsys := files.HostFS{Dir: a.Dir}
	list, project, err := o.read(a, fsys)
	if err != nil {
		return nil, err
	}
	r.Source(list)
	definition, diags := bake.ParseWith(list, bake.ParseOptions{
		Env: a.Env, Vars: vars, FS: o.filesOf(fsys, project.EnvFiles), Profiles: o.profiles, Ignored: warnIgnored(a, o.verbose),
		EnvFiles: project.EnvFiles, NoEnvFile: project.NoEnvFile, ProjectDir: project.Dir,
	})
	r.Add(diags)
	if definition == nil || diags.HasErrors() {
		return nil, r.Check()
	}
	config, diags := definition.Evaluate(bake.Scope{Env: a.Env, Vars: vars, Builtins: files.Builtins(o.context)})
	if config != nil {
		r.Secrets.Name(config.SecretVariables())
	}
	r.Add(diags)
	if config == nil || diags.HasErrors() {
		return nil, r.Check()
	}
	return config, nil
}

// read reads the definition files, notes what it reads on this machine, and says
// how the Compose files among them are to be understood.
func (o *definitionOptions) read(a *app.App, fsys fs.FS) ([]bake.File, compose.Settings, error) {
	if o.fetched != nil {
		return o.readBoth(a, fsys)
	}
	names, project, err := o.names(a.Env, fsys)
	if err != nil {
		return nil, project, err
	}
	list, err := o.readLocal(a, fsys, names, project)
	if err == nil && len(names) == 0 && o.diagnostics != "json" {
		if text := files.UnreadOverride(list, fsys); text != "" {
			a.Note("%s", text)
		}
	}
	return list, project, err
}

// readBoth reads a definition from elsewhere, with what goes with it here.
func (o *definitionOptions) readBoth(a *app.App, fsys fs.FS) ([]bake.File, compose.Settings, error) {
	project, err := o.settings(a.Env)
	if err != nil {
		return nil, project, err
	}
	o.reading = &files.Reading{From: files.NamingVariable(o.files, a.Env, project)}
	list, err := o.readRemote(a, o.reading.Noted(fsys), o.reading.Input(a.In))
	return list, project, err
}

// readLocal reads files of this machine, unless they have just been read.
func (o *definitionOptions) readLocal(a *app.App, fsys fs.FS, names []string, project compose.Settings) ([]bake.File, error) {
	if a.Opened != nil && slices.Equal(a.Opened.Names, names) {
		o.reading = a.Opened.Reading
		return a.Opened.Files, nil
	}
	o.reading = &files.Reading{From: files.NamingVariable(o.files, a.Env, project)}
	list, err := files.Read(names, o.reading.Noted(fsys), o.reading.Input(a.In))
	if err == nil {
		a.Opened = &files.Opened{Names: names, Files: list, Reading: o.reading}
	}
	return list, err
}

// warnIgnored tells, where that is asked for, of what Compose files say and no
// build needs.
func warnIgnored(a *app.App, verbose bool) func(hcl.Range, string) {
	if !verbose && !a.Debug {
		return nil
	}
	return func(rng hcl.Range, text string) { a.Note("%s%s", position("", rng, ": "), text) }
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
			return nil, exit.Usagef("invalid variable %q, expected key=value", text)
		case name == "":
			return nil, exit.Usagef("invalid variable %q, key is empty", text)
		}
		vars[name] = value
	}
	return vars, nil
}

// settings are what Compose's own variables say, but for COMPOSE_FILE.
func (o *definitionOptions) settings(env bake.Env) (compose.Settings, error) {
	project, err := compose.ReadSettings(env, o.envFiles)
	if err != nil {
		return project, exit.Usagef("%w", err)
	}
	return project, nil
}

// names are the files that a definition of this machine is read from, none for
// the default ones, and how the Compose files among them are read. COMPOSE_FILE
// stands for the default Compose files, and gives their project its directory.
func (o *definitionOptions) names(env bake.Env, fsys fs.FS) ([]string, compose.Settings, error) {
	project, err := o.settings(env)
	if err != nil {
		return nil, project, err
	}
	names, err := files.Names(o.files, env, fsys)
	if err != nil || len(names) > 0 {
		return names, project, err
	}
	if err := project.FindFiles(env, fsys); err != nil {
		return nil, project, exit.Usagef("find the Compose files: %w", err)
	}
	return files.WithOthers(project.Files, fsys), project, nil
}
