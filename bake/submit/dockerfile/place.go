package dockerfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"bake/bake"
	"bake/bake/submit/host"
	"bake/bake/submit/source"
)

// defaultName is what a Dockerfile is called.
const defaultName = "Dockerfile"

// written is the path of the Dockerfile of t, as the definition has it, empty if
// it is no file of this machine. One beside the context is beside what the context
// is called, wherever a link of that name leads.
func written(t *bake.Target) string {
	file := t.Dockerfile
	switch {
	case t.DockerfileInline != nil && *t.DockerfileInline != "", file == "-", source.IsURL(file):
		return ""
	case strings.HasPrefix(file, host.Local), filepath.IsAbs(file):
		return filepath.Clean(host.Plain(file))
	case t.Context == "-", source.IsRemote(t.Context):
		return ""
	case file == "":
		file = defaultName
	}
	return filepath.Join(host.Plain(t.Context), file)
}

// locate is the directory of a Dockerfile, without links, and its name there:
// "dockerfile" if "Dockerfile" does not exist.
func locate(written string, at *host.Caller) (parent, name string) {
	parent, name = at.Place(filepath.Dir(written)), filepath.Base(written)
	if name != defaultName {
		return parent, name
	}
	lower := strings.ToLower(defaultName)
	if _, err := os.Lstat(filepath.Join(parent, name)); !errors.Is(err, os.ErrNotExist) {
		return parent, name
	}
	if _, err := os.Lstat(filepath.Join(parent, lower)); err != nil {
		return parent, name
	}
	return parent, lower
}

// Reads are the places that finding the Dockerfile of t reads: itself, and where
// the ignore file and the policy that go with it are links, what these lead to.
// What lies beside it under their names is part of it.
func Reads(t *bake.Target, at *host.Caller) []string {
	path := written(t)
	if path == "" {
		return nil
	}
	parent, name := locate(path, at)
	out := []string{followed(parent, name)}
	if ignore := name + ".dockerignore"; followed(parent, ignore) != filepath.Join(parent, ignore) {
		out = append(out, followed(parent, ignore))
	}
	if policy := PolicyOf(filepath.Join(parent, name)); at.Place(policy) != policy {
		out = append(out, at.Place(policy))
	}
	return out
}

// PolicyOf is the file with the policy that goes with a Dockerfile.
func PolicyOf(file string) string { return file + ".rego" }

// followed is where a file is read in truth, if it is: its links lead nowhere but
// within its directory, or else within the context.
func followed(parent, name string) string {
	if root, err := host.OpenDir(parent); err == nil {
		defer root.Close()
		if at, err := host.Follow(root, name); err == nil {
			name = at
		}
	}
	return filepath.Join(parent, name)
}
