package bake

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// File is a definition file as read. Name is the name it was asked for by and
// appears in every position; "-" is standard input.
type File struct {
	Name string
	Data []byte
}

// Env is a snapshot of environment variables.
type Env map[string]string

// DefaultFiles are looked up in the working directory when no file is named;
// all that exist are read, later ones refine earlier ones.
func DefaultFiles() []string {
	return []string{
		"compose.yaml",
		"compose.yml",
		"docker-compose.yml",
		"docker-compose.yaml",
		"docker-bake.json",
		"docker-bake.hcl",
		"docker-bake.override.json",
		"docker-bake.override.hcl",
	}
}

// ErrNoDefinition is returned by Load when no definition was found.
var ErrNoDefinition = errors.New("couldn't find a bake definition: no default file in this directory (" +
	"docker-bake.hcl, docker-bake.json, compose.yaml or their variants) and no -f FILE given")

// Load reads the named files, or the default files that exist when no name is
// given. The name "-" reads stdin, once: a second "-" is empty. An empty file
// counts as absent. A named file that cannot be read is an error.
func Load(fsys fs.FS, names []string, stdin io.Reader) ([]File, error) {
	optional := len(names) == 0
	if optional {
		names = DefaultFiles()
	}
	var files []File
	for _, name := range names {
		data, err := read(fsys, name, stdin)
		if err != nil {
			if optional && errors.Is(err, fs.ErrNotExist) {
				continue
			}
			return nil, err
		}
		if len(data) == 0 {
			continue
		}
		files = append(files, File{Name: name, Data: data})
	}
	if len(files) == 0 {
		return nil, ErrNoDefinition
	}
	return files, nil
}

func read(fsys fs.FS, name string, stdin io.Reader) ([]byte, error) {
	if name != "-" {
		return fs.ReadFile(fsys, name)
	}
	if stdin == nil {
		return nil, nil
	}
	data, err := io.ReadAll(stdin)
	if err != nil {
		return nil, fmt.Errorf("reading the definition from standard input: %w", err)
	}
	return data, nil
}
