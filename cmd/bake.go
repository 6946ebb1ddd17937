package cmd

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bake/bake"
	"bake/bake/submit/release"
	"bake/cmd/app"
	"bake/cmd/diagnostics"
	"bake/cmd/exit"
	"bake/cmd/recovery"
	"bake/cmd/verb"
)

// bakeOptions are the flags and arguments of `bake` itself.
type bakeOptions struct {
	definitionOptions
	targets []string

	set        []string
	push       bool
	load       bool
	call       string
	noCache    *bool // nil: not given
	pull       *bool // nil: not given
	sbom       string
	provenance string
	policy     []string

	allow    []string
	builder  string
	frontend string
	jobs     jobs
	keepOn   bool // --keep-going
	releaseFlags
	flags    *pflag.FlagSet
	specific bool           // flags were given that say what is built
	written  []release.Flag // of these what a journal writes down one by one
	resumed  *release.Entry // the release to go on with, by building it again or not
	asked    []string       // the arguments
	retries  int
	timeout  time.Duration

	rerunFailed bool

	print        bool
	list         string
	progress     string
	metadataFile string
}

// newBake makes the root command. It builds; its flags are those of
// `docker buildx bake` and a few more.
func newBake(a *app.App, runF func(*app.App, *bakeOptions) error) *cobra.Command {
	o := &bakeOptions{}
	c := &cobra.Command{
		Use:                   "bake [OPTIONS] [URL [CONTEXT-URL]] [TARGET...]",
		Short:                 "Build images from a definition",
		Long:                  bakeLong,
		Args:                  cobra.ArbitraryArgs,
		DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, args []string) error {
			o.targets = args
			o.keepGiven(c.Flags())
			o.keepRelease(c.Flags())
			for _, kind := range listKinds {
				if c.Flags().Changed("list-" + kind) {
					a.Warn("--list-%s is deprecated, use --list=%s", kind, kind)
				}
			}
			return runF(a, o)
		},
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			names, directive := completeTargets(a, &o.definitionOptions, args)
			return slices.DeleteFunc(names, func(name string) bool { // a verb is offered already
				word, _, _ := strings.Cut(name, "\t")
				return len(args) == 0 && verb.ChildOf(c, word) != nil
			}), directive
		},
	}
	o.addFlags(c.Flags(), a.Env)
	addCompletions(a, c)
	return c
}

const bakeLong = `Build the targets of a definition (docker-bake.hcl and others), all at once,
on the BuildKit that bake carries, or on a builder of your choice.

Without TARGET it builds the target or group "default". With a URL, the
definition is read from a git repository (URL#REF:DIR), an archive or a file
there; its contexts are found there, too.`

// Names of the groups of flags in the help text.
const (
	groupDefinition = "Definition"
	groupOverrides  = "Overrides"
	groupBuild      = "Build"
	groupRelease    = "Releases"
	groupOutput     = "Talk and data"
)

// addFlags declares the flags, group by group as help shows them.
func (o *bakeOptions) addFlags(flags *pflag.FlagSet, env bake.Env) {
	group(flags, groupDefinition, func(fs *pflag.FlagSet) {
		o.definitionOptions.addFlags(fs)
		fs.BoolVar(&o.print, "print", false, "Print the plan as JSON and build nothing")
		fs.StringVar(&o.list, "list", "", "List a `KIND`, targets (also without a KIND), variables, ci-matrix or releases, and build nothing; type=KIND,format=json for JSON")
		o.addDiagnosticFlags(fs)
	})
	group(flags, groupOverrides, func(fs *pflag.FlagSet) {
		fs.StringArrayVar(&o.set, "set", nil, "Override a value: `KEY=VALUE`, as in app.args.VERSION=2 or *.platform=linux/arm64")
		fs.BoolVar(&o.push, "push", false, "Push the images of targets that have no other kind of output")
		fs.BoolVar(&o.load, "load", false, "Load the images of targets that have no other kind of output into Docker")
		o.noCache = fs.Bool("no-cache", false, "Do not use the cache")
		o.pull = fs.Bool("pull", false, "Always look for newer base images")
		fs.StringVar(&o.sbom, "sbom", "", "Add an SBOM attestation: true, false or its `ATTRIBUTES`")
		fs.StringVar(&o.provenance, "provenance", "", "Add a provenance attestation: true, false or its `ATTRIBUTES`")
		fs.StringArrayVar(&o.policy, "policy", nil, "Apply `SETTINGS` to all policies: disabled=BOOL or strict=BOOL,log-level=LEVEL")
		fs.StringVar(&o.call, "call", "build", "Use another `METHOD` than build: check, outline or targets")
		fs.VarPF(checkFlag{&o.call}, "check", "", "Short for --call=check").NoOptDefVal = "true"
	})
	group(flags, groupBuild, func(fs *pflag.FlagSet) {
		fs.StringVar(&o.builder, "builder", env["BUILDX_BUILDER"], "Use the builder `NAME`, or embedded for the one that bake carries")
		fs.StringArrayVar(&o.allow, "allow", nil, "Grant `WHAT` builds ask for, such as network.host, ssh or fs.read=PATH")
		fs.StringVar(&o.frontend, "frontend", "auto", "Use this `KIND` of frontend for syntax lines in Dockerfiles: auto, builtin or image")
		fs.VarP(jobsFlag{&o.jobs}, "jobs", "j", "Build at most `N` targets at once, 0 for any number (the default, but on the embedded engine 8 for each core, at least 16 and fewer with little memory); or MODE[,parallel=N], where MODE is fail-fast (the default), defer-error (--keep-going) or defer-output (export only if all are built, tags last, all or none)")
		fs.BoolVarP(&o.keepOn, "keep-going", "k", false, "Build all targets that can be built, whatever fails")
		fs.BoolVar(&o.rerunFailed, "rerun-failed", false, "Build only what was not built last time: what failed, was skipped or interrupted")
		fs.IntVar(&o.retries, "retries", 3, "Try up to `N` times again what the network or a registry failed; 0 for never")
		fs.DurationVar(&o.timeout, "timeout", 0, "Let a target fail that takes longer than `TIME`, such as 90s or 10m, its policies included, not counting what it waits for")
	})
	group(flags, groupRelease, func(fs *pflag.FlagSet) { o.releaseFlags.addFlags(fs) })
	group(flags, groupOutput, func(fs *pflag.FlagSet) {
		fs.StringVar(&o.progress, "progress", "auto", "Show this `KIND` of progress: auto, none, plain, quiet, rawjson or tty")
		fs.StringVar(&o.metadataFile, "metadata-file", "", "Write what was built to a `FILE`, as JSON; - is standard output")
	})
	o.addDeprecatedFlags(flags)
}

// addDeprecatedFlags declares what older command lines may still hold.
func (o *bakeOptions) addDeprecatedFlags(flags *pflag.FlagSet) {
	for _, kind := range listKinds {
		flags.VarPF(listFlag{&o.list, kind}, "list-"+kind, "", "List "+kind).NoOptDefVal = "true"
		flags.Lookup("list-" + kind).Hidden = true
	}
}

// keepGiven forgets switches that were not given: they must not override what
// the definition says.
func (o *bakeOptions) keepGiven(flags *pflag.FlagSet) {
	if !flags.Changed("no-cache") {
		o.noCache = nil
	}
	if !flags.Changed("pull") {
		o.pull = nil
	}
}

// validate finds what is wrong with the options before any file is read.
func (o *bakeOptions) validate() error {
	switch {
	case o.print && o.list != "":
		return exit.Usagef("--print and --list are mutually exclusive")
	case o.retries < 0:
		return exit.Usagef("invalid --retries %d, want 0 or more", o.retries)
	case o.timeout < 0:
		return exit.Usagef("invalid --timeout %s, want a time such as 90s, or 0 for no limit", o.timeout)
	case o.frontend != "auto" && o.frontend != "builtin" && o.frontend != "image":
		return exit.Usagef("invalid --frontend %q, want auto, builtin or image", o.frontend)
	}
	if err := checkAllow(o.allow); err != nil {
		return err
	}
	if err := o.releaseFlags.validate(o); err != nil {
		return err
	}
	return nil
}

// runBake does what `bake` without a verb does: list, print or build.
func runBake(a *app.App, o *bakeOptions) error {
	r, err := newReporter(a, &o.definitionOptions)
	if err != nil {
		return err
	}
	return r.Finish(bakeTargets(a, o, r))
}

func bakeTargets(a *app.App, o *bakeOptions, r *diagnostics.Reporter) error {
	if err := o.validate(); err != nil {
		return err
	}
	if o.resume != "" || o.rollback != "" || o.forget != "" {
		if done, err := takeUpRelease(a, o); done || err != nil {
			return err
		}
	}
	o.asked = o.targets
	var err error
	if o.origin, o.targets, err = splitURLs(o.targets); err != nil {
		return err
	}
	list, err := o.parseList()
	if err != nil {
		return err
	}
	if list.kind == recovery.ReleasesKind {
		return recovery.List(a, list.format)
	}
	if o.url != "" {
		if err := fetchDefinition(a, &o.definitionOptions, fetchOptions{o.builder, o.allow, o.progress, o.retries}); err != nil {
			return err
		}
	}
	request, err := o.request(a)
	if err != nil {
		return err
	}
	config, err := evaluateDefinition(a, &o.definitionOptions, r)
	if err != nil {
		return err
	}
	if list.kind != "" && list.kind != ciMatrixKind {
		if err := r.Check(); err != nil {
			return err
		}
		out := a.Out
		if list.format == "json" {
			out = a.JSON()
		}
		return writeList(out, list, config)
	}
	if o.rerunFailed {
		if request.Targets, err = failedBefore(a, o, request, config); err != nil {
			return err
		}
		if len(request.Targets) == 0 && r.Check() == nil {
			a.Note("nothing to build: no target failed last time")
			return nil
		}
	}
	plan, diags := config.Plan(request)
	r.Add(diags)
	if plan != nil && o.resumed != nil && r.Check() == nil {
		if err := o.compareRelease(a, plan); err != nil || o.resumed.Phase != release.Pushing {
			if err == nil {
				err = endRelease(a, o, o.resumed)
			}
			return err
		}
	}
	if plan == nil || o.print || list.kind == ciMatrixKind {
		if plan != nil {
			r.Add(plan.Faults(a.Env, false))
		}
		if err := r.Check(); err != nil {
			return err
		}
		if list.kind == ciMatrixKind {
			return writeCIMatrix(a.JSON(), plan)
		}
		return writePlan(a.JSON(), plan)
	}
	return buildPlan(a, o, plan, r)
}

// request is what the options ask to plan.
func (o *bakeOptions) request(a *app.App) (bake.Request, error) {
	overrides, err := o.overrides()
	if err != nil {
		return bake.Request{}, err
	}
	_, noPolicy, err := parsePolicies(o.policy)
	return bake.Request{Targets: o.targets, Set: overrides, Env: a.Env, Remote: o.remote(), NoPolicy: noPolicy}, err
}

func (o *bakeOptions) parseList() (listOptions, error) {
	if o.list == "" {
		return listOptions{}, nil
	}
	return parseList(o.list)
}

// writePlan prints the plan as a definition in JSON.
func writePlan(w io.Writer, plan *bake.Plan) error {
	data, err := plan.JSON()
	if err != nil {
		return fmt.Errorf("print the plan: %w", err)
	}
	_, err = w.Write(data)
	return err
}
