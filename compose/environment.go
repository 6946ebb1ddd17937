package compose

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/hashicorp/hcl/v2"
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
	names, optional := l.opt.EnvFiles, false
	if len(names) == 0 {
		names, optional = []string{".env"}, true
	}
	extra := map[string]string{}
	for _, name := range names {
		data, err := l.open(name)
		if err != nil {
			if !optional || !missingFile(err) {
				l.errorAt("compose-env-file", hcl.Range{}, "Environment file not readable", "The file %s cannot be read: %v.", name, cause(err))
			}
			continue
		}
		vars, err := dotenv.UnmarshalBytesWithLookup(data, lookups(env, extra))
		if err != nil {
			l.badEnvFile(name, err)
			continue
		}
		maps.Copy(extra, vars)
	}
	for k, v := range extra {
		if _, ok := env[k]; !ok {
			env[k] = v
		}
	}
	maps.Copy(env, l.opt.Vars)
	return env
}

func (l *loader) badEnvFile(name string, err error) {
	place := hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos}
	if data, _ := l.open(name); data != nil {
		if m := errorPlace.FindStringSubmatch(err.Error()); m != nil {
			line, _ := strconv.Atoi(m[1])
			place = (&source{name: name, data: data, lines: lineStarts(data)}).lineRange(line, 1)
		}
	}
	l.errorAt("compose-env-file", place, "Invalid environment file", "The file %s is not a list of NAME=VALUE lines: %v.", name, err)
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
func (l *loader) open(name string) ([]byte, error) {
	if l.opt.FS == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return fs.ReadFile(l.opt.FS, name)
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
			for i := 0; i+1 < len(doc.Content); i += 2 {
				if doc.Content[i].Value == "name" {
					v := r.read(doc.Content[i+1])
					if s, ok := v.text(); ok && s != "" {
						written, l.projectUnset = s, v.unset
					}
				}
			}
		}
	}
	if written != "" {
		name = written
	}
	env[projectVariable] = name
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
			l.errorAt("compose-env-file", f.rng, "Invalid environment file", "The env_file %s is not a list of NAME=VALUE lines: %v.", f.path, err)
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
	if v.kind == listKind {
		entries = v.list
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
