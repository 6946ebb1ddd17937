package compose

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/hashicorp/hcl/v2"
	"go.yaml.in/yaml/v4"
)

var errNotCompose = errors.New("a Compose file is YAML with a top-level mapping named services")

// environment is what variables are looked up in.
type environment map[string]string

// projectVariable is the variable with the name of the project, and
// defaultProject that name when nothing gives one, as docker buildx bake has it.
const (
	projectVariable = "COMPOSE_PROJECT_NAME"
	defaultProject  = "bake"
)

// environment is the variables of the top-level files: the command line's over
// the environment's over those of .env.
func (l *loader) environment() environment {
	env := environment{}
	maps.Copy(env, l.opt.Env)
	extra := environment{}
	for _, f := range variableFiles(l.opt.EnvFiles, l.opt.NoEnvFile, l.opt.Dir) {
		data, err := l.open(f.path)
		if err != nil {
			if f.required || !missingFile(err) {
				l.errorAt("compose-env-file", hcl.Range{}, "Environment file not readable", "The file %s cannot be read: %v.", f.path, cause(err))
			}
			continue
		}
		l.variables(extra, f.path, data, env, f.required)
	}
	for k, v := range extra {
		if _, ok := env[k]; !ok {
			env[k] = v
		}
	}
	maps.Copy(env, l.opt.Vars)
	return env
}

// variables adds the NAME=VALUE lines of a file, whose values may refer to outer
// variables and to those before them. A name that is there keeps its value
// unless the file replaces it. After an error, which is reported, it is false.
func (l *loader) variables(vars environment, name string, data []byte, outer environment, replace bool) bool {
	found, err := dotenv.ParseWithLookup(bytes.NewReader(data), lookups(outer, vars))
	if err != nil {
		l.badEnvFile(name, data, err)
		return false
	}
	for k, v := range found {
		if _, ok := vars[k]; replace || !ok {
			vars[k] = v
		}
	}
	return true
}

// badEnvFile reports what is wrong with a file of variables, where its text or
// the error tells the place.
func (l *loader) badEnvFile(name string, data []byte, err error) {
	src := &source{name: name, data: data, lines: lineStarts(data)}
	var required *template.MissingRequiredError
	if errors.As(err, &required) {
		line := 1 + bytes.Count(data[:max(0, requiredAt(data, required.Variable))], []byte("\n"))
		l.requiredVariable(src.lineRange(line, 1), required.Variable, required.Reason)
		return
	}
	place := hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos}
	if m := errorPlace.FindStringSubmatch(err.Error()); m != nil {
		line, _ := strconv.Atoi(m[1])
		place = src.lineRange(line, 1)
	}
	l.errorAt("compose-env-file", place, "Invalid environment file", "The file %s is not a list of NAME=VALUE lines: %v.", name, err)
}

// requiredAt is where data requires a variable, ${NAME?} or ${NAME:?}, or -1.
func requiredAt(data []byte, name string) int {
	at := bytes.Index(data, []byte("${"+name+"?"))
	if with := bytes.Index(data, []byte("${"+name+":?")); at < 0 || with >= 0 && with < at {
		at = with
	}
	return at
}

// requiredVariable reports a variable that must have a value and has none.
func (l *loader) requiredVariable(at hcl.Range, name, reason string) {
	if reason != "" {
		reason = " The file says: " + reason + "."
	}
	l.errorAt("compose-required-variable", at, "Required variable not set",
		"The variable %s must have a value here.%s Set it in the environment or in .env.", name, reason)
}

// lookups asks one environment after the other.
func lookups(envs ...environment) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, env := range envs {
			if v, ok := env[name]; ok {
				return v, true
			}
		}
		return "", false
	}
}

// open reads a file that Compose files refer to.
func (l *loader) open(name string) ([]byte, error) { return open(l.opt.FS, name) }

func open(fsys fs.FS, name string) ([]byte, error) {
	if fsys == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return fs.ReadFile(fsys, name)
}

// missingFile is whether there is no such file, a directory of that name being
// none either.
func missingFile(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "is a directory") || errors.Is(err, fs.ErrInvalid)
}

// cause is an error without the file name that the diagnostic already has.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// projectName sets COMPOSE_PROJECT_NAME: the name that the last document with
// one gives the project, else the variable itself, else "bake".
func (l *loader) projectName(sources []*source, env environment) {
	name := env[projectVariable]
	if name == "" {
		name = defaultProject
	}
	written := ""
	for _, src := range sources {
		for _, doc := range src.docs {
			r := newReader(l, src, env)
			if s, unset := r.name(target(doc)); s != "" {
				written, l.projectUnset = s, unset
			}
		}
	}
	if written != "" {
		name = written
	}
	env[projectVariable] = name
}

// name is the name that a document gives the project: a text, of which numbers,
// booleans and dates are one as they are written. Variables in it that are not
// set come along.
func (r *reader) name(doc *yaml.Node) (string, []Unset) {
	if doc.Kind != yaml.MappingNode {
		return "", nil
	}
	for _, p := range r.pairs(doc) {
		n := target(p.val)
		switch {
		case p.key != "name" || n.Tag == "!reset" || n.Tag == "!!null":
		case n.Kind != yaml.ScalarNode:
			r.l.warnAt("compose-type", r.src.rangeOf(n), "Project name is no text",
				"The name of a project is a text, so this has no effect.")
		default:
			return r.interpolate(n.Value, n)
		}
	}
	return "", nil
}

// envFile is an entry of a service's env_file.
type envFile struct {
	path     string
	format   string
	required bool
	rng      hcl.Range
}

// serviceEnvironment is what build arguments without a value are looked up in
// first: the service's environment, with its env files under it.
func (l *loader) serviceEnvironment(service *value, env environment) environment {
	own := environment{}
	unset := map[string]bool{}
	for _, e := range l.mapping(service.get("environment"), "environment") {
		switch v, ok := env[e.key]; {
		case e.val != nil:
			own[e.key] = *e.val
		case ok:
			own[e.key] = v
		default:
			unset[e.key] = true
		}
	}
	vars := map[string]string{}
	maps.Copy(vars, own)
	for _, f := range l.envFiles(service.get("env_file")) {
		data, err := l.open(f.path)
		if err != nil {
			if f.required || !missingFile(err) {
				l.errorAt("compose-env-file", f.rng, "Environment file not readable",
					"The env_file %s cannot be read: %v. Create it, or write required: false beside its path.", f.path, cause(err))
			}
			continue
		}
		if f.format != "" && f.format != dotenv.DotEnv && f.format != "raw" {
			l.errorAt("compose-env-file", f.rng, "Unknown format", "There is no env_file format %q; leave it out, or write raw.", f.format)
			continue
		}
		if f.format == "raw" {
			rawEnv(data, vars)
		} else if err := dotenv.ParseWithFormat(bytes.NewReader(data), f.path, vars, lookups(env, own), f.format); err != nil {
			l.badEnvFile(f.path, data, err)
		}
	}
	maps.Copy(vars, own)
	for name := range unset {
		delete(vars, name)
	}
	return vars
}

// rawEnv reads lines NAME=VALUE, taking values as they are.
func rawEnv(data []byte, vars map[string]string) {
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\r\n")
		name, val, ok := strings.Cut(line, "=")
		if ok && !strings.HasPrefix(strings.TrimSpace(line), "#") {
			vars[strings.TrimSpace(name)] = val
		}
	}
}

// envFiles reads the forms of env_file: a path, or a list of paths and of
// mappings with path, required and format.
func (l *loader) envFiles(v *value) []envFile {
	if v.isNull() {
		return nil
	}
	entries := []*value{v}
	switch v.kind {
	case listKind:
		entries = v.list
	case mapKind:
		l.errorAt("compose-type", v.rng(), "List expected", "env_file is a path, or a list of paths and of mappings with a path.")
		return nil
	}
	var files []envFile
	for _, e := range entries {
		f := envFile{required: true, rng: e.rng()}
		path, ok := e.text()
		if e.kind == mapKind {
			path, ok = e.get("path").text()
			f.format, _ = e.get("format").text()
			if required := e.get("required"); !required.isNull() {
				f.required = l.boolean(required, "required")
			}
		}
		if !ok || path == "" {
			l.errorAt("compose-type", e.rng(), "Invalid env_file", "An entry of env_file is a path, or a mapping with a path and perhaps required and format.")
			continue
		}
		f.path = l.local("", path)
		if i := len(files) - 1; i >= 0 && files[i].path == f.path {
			files = files[:i]
		}
		files = append(files, f)
	}
	return files
}
