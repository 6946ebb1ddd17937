package compose

import (
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"go.yaml.in/yaml/v4"
)

// File is a Compose file as read. Name is the name it was asked for by; it
// appears in every position and diagnostic.
type File struct {
	Name string
	Data []byte
}

// Options is what Compose files depend on besides themselves. The zero value
// is useful: no environment, no further files, all profiles.
type Options struct {
	// FS opens the files that Compose files refer to: .env, and those of
	// include, extends and env_file. Names are as written there: relative to the
	// working directory or absolute, possibly with leading "../". Without it no
	// such file exists.
	FS fs.FS
	// Env is the environment. The file .env adds what it does not have.
	Env map[string]string
	// Vars are variables from the command line. They win over Env and .env.
	Vars map[string]string
	// Dir is the directory of the project, which the paths in its files are
	// relative to, seen from the working directory; empty for that itself.
	Dir string
	// EnvFiles are read instead of .env, later ones win. They must exist. Without
	// them .env is read where it exists, in the working directory and then, for
	// what that does not say, in Dir; with NoEnvFile it is not.
	EnvFiles  []string
	NoEnvFile bool
	// Profiles are the active profiles; nil means those of the variable
	// COMPOSE_PROFILES, and without that, or with "*", all. A service that has
	// profiles, none of them active, is not in the group "default"; it can still
	// be built by name and be linked to.
	Profiles []string
	// Ignored, if set, is called for each attribute that Compose knows for a
	// build and that has no effect here.
	Ignored func(rng hcl.Range, text string)
	// Read, if set, is called for each variable of Env or Vars that a file refers
	// to, with its value, at least once.
	Read func(name, value string)
	// Unset, if set, is called for each use of a variable that has no value in
	// something that a build reads; others are no matter of it. The target is
	// the one whose build it is, or empty for what all builds depend on.
	Unset func(target string, use Unset)
	// Number, if set, is called for each number that a build takes for a text and
	// that is then another one than is written.
	Number func(Number)
	// Secret, if set, is called for each secret of a build that is a variable
	// which Env does not have: with the id of the secret, the variable, and the
	// value that .env or another file gives it. It is in no body.
	Secret func(id, variable, value string)
}

// Unset is a use of a variable that has no value, and so is replaced by nothing.
type Unset struct {
	Name  string
	Range hcl.Range // of the text that it is in
}

// Number is a number whose text is another than is written, such as 3.10, which
// is 3.1.
type Number struct {
	At            hcl.Range // of the value in the body that it becomes
	Range         hcl.Range // of the number
	Written, Text string
}

// Parse reads the files, each over those before it, as one definition. The
// body has blocks target "NAME" and group "default"; expressions in it are
// literals with their places in the YAML. It is never nil; with errors it has
// what could be understood.
func Parse(files []File, opt Options) (hcl.Body, hcl.Diagnostics) {
	l := &loader{
		opt: opt, outside: opt.Env, secretValues: map[*value]string{},
		files: map[string]*source{}, raw: map[rawKey]*extender{}, models: map[string]*model{},
	}
	m := l.project(files)
	b := l.body(m, files)
	return b, sorted(l.diags)
}

// IsCompose tells whether a file is a Compose file: by its extension, and for
// a name without one of .yml, .yaml, .json and .hcl by its content, which then
// must be YAML with a top-level mapping services or secrets. The error says why
// content is not.
func IsCompose(name string, data []byte) (bool, error) {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".yml", ".yaml":
		return true, nil
	case ".json", ".hcl":
		return false, nil
	}
	src, bad := newSource(name, data)
	if bad != nil {
		return false, bad
	}
	for _, doc := range src.docs {
		if doc.Kind != yaml.MappingNode {
			return false, errNotCompose
		}
		for i := 0; i+1 < len(doc.Content); i += 2 {
			key, val := doc.Content[i].Value, target(doc.Content[i+1])
			if (key == "services" || key == "secrets") && val.Kind == yaml.MappingNode {
				return true, nil
			}
		}
	}
	return false, errNotCompose
}
