package parity

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/docker/buildx/util/buildflags"
	"github.com/spf13/pflag"
)

// flags are the arguments of a run that a plan depends on.
type flags struct {
	files, set, vars, policy []string
	push, load               bool
	noCache, pull            *bool
	sbom, provenance, call   string
	list                     string // targets, variables or empty
	targets                  []string
}

func parseFlags(args []string) (*flags, error) {
	f := &flags{}
	var noCache, pull, check bool
	fs := pflag.NewFlagSet("bake", pflag.ContinueOnError)
	fs.StringArrayVarP(&f.files, "file", "f", nil, "")
	fs.StringArrayVar(&f.set, "set", nil, "")
	fs.StringArrayVar(&f.vars, "var", nil, "")
	fs.StringArrayVar(&f.policy, "policy", nil, "")
	fs.BoolVar(&f.push, "push", false, "")
	fs.BoolVar(&f.load, "load", false, "")
	fs.BoolVar(&noCache, "no-cache", false, "")
	fs.BoolVar(&pull, "pull", false, "")
	fs.StringVar(&f.sbom, "sbom", "", "")
	fs.StringVar(&f.provenance, "provenance", "", "")
	fs.StringVar(&f.call, "call", "build", "")
	fs.BoolVar(&check, "check", false, "")
	fs.StringVar(&f.list, "list", "", "")
	fs.Bool("print", false, "")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.Changed("no-cache") {
		f.noCache = &noCache
	}
	if fs.Changed("pull") {
		f.pull = &pull
	}
	if check {
		f.call = "check"
	}
	f.targets = fs.Args()
	return f, nil
}

// fileNames are the definition files asked for: by -f, else by the
// environment, else none. The peer checks that the latter exist.
func (f *flags) fileNames(env map[string]string, stat func(string) error) ([]string, error) {
	if len(f.files) > 0 {
		return f.files, nil
	}
	sep := env["BUILDX_BAKE_PATH_SEPARATOR"]
	if sep == "" {
		sep = string(os.PathListSeparator)
	}
	var names []string
	for _, name := range strings.Split(env["BUILDX_BAKE_FILE"], sep) {
		name = strings.TrimSpace(name)
		if name == "" {
			continue
		}
		if name != "-" {
			if err := stat(name); err != nil {
				return nil, err
			}
		}
		names = append(names, name)
	}
	return names, nil
}

// flagOverride is an override that came from a flag other than --set.
type flagOverride struct{ flag, text string }

// overrides are the flags that act as overrides, in the order in which the
// peer appends them after those of --set, and whether all policies are
// disabled.
func (f *flags) overrides() ([]flagOverride, bool, error) {
	var out []flagOverride
	add := func(flag, format string, args ...any) {
		out = append(out, flagOverride{flag, fmt.Sprintf(format, args...)})
	}
	if f.push {
		add("--push", "*.push=true")
	}
	if f.load {
		add("--load", "*.load=true")
	}
	call, err := buildflags.ParseCallFunc(f.call)
	if err != nil {
		return nil, false, err
	}
	if call != nil {
		add("--call", "*.call=%s", call.Name)
	}
	if f.noCache != nil {
		add("--no-cache", "*.no-cache=%t", *f.noCache)
	}
	if f.pull != nil {
		add("--pull", "*.pull=%t", *f.pull)
	}
	if f.sbom != "" {
		add("--sbom", "*.attest=%s", buildflags.CanonicalizeAttest("sbom", f.sbom))
	}
	if f.provenance != "" {
		add("--provenance", "*.attest=%s", buildflags.CanonicalizeAttest("provenance", f.provenance))
	}
	policies, err := buildflags.ParsePolicyConfigs(f.policy)
	if err != nil {
		return nil, false, err
	}
	for i, p := range policies {
		if len(p.Files) > 0 || p.Reset {
			return nil, false, errors.New("--policy takes neither filename nor reset")
		}
		if p.Disabled {
			if p.Strict != nil || p.LogLevel != nil || len(policies) > 1 {
				return nil, false, errors.New("disabled policy cannot be combined with other policy flags")
			}
			return out, true, nil
		}
		add("--policy", "*.policy+=%s", f.policy[i])
	}
	return out, false, nil
}

// variables are the values given by --var.
func (f *flags) variables() (map[string]string, error) {
	vars := map[string]string{}
	for _, text := range f.vars {
		if text == "" {
			continue
		}
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("invalid variable %q, expected key=value", text)
		}
		vars[name] = value
	}
	return vars, nil
}

// fileRelative is the switch that makes contexts relative to their file.
func fileRelative(env map[string]string) (bool, error) {
	v := strings.TrimSpace(env["BUILDX_BAKE_FILE_RELATIVE_PATHS"])
	if v == "" {
		return false, nil
	}
	return strconv.ParseBool(v)
}
