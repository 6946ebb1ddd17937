package compose

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
)

// Settings are what Compose's own variables say about a project.
type Settings struct {
	// EnvFiles are the files of variables that were asked for, else those that
	// COMPOSE_ENV_FILES names, divided by commas. They are read instead of .env.
	EnvFiles []string
	// NoEnvFile is whether COMPOSE_DISABLE_ENV_FILE says that .env is not read.
	NoEnvFile bool
	// Files are those that COMPOSE_FILE names instead of the default ones, divided
	// by COMPOSE_PATH_SEPARATOR or else as the system divides lists of paths; nil
	// when it names none. Both variables may stand in a file of variables.
	Files []string
	// Dir is the directory of the project: that of the first of Files, empty for
	// the working directory.
	Dir string
}

// ReadSettings finds the settings, but for Files and Dir, in an environment.
// envFiles are the files of variables named on the command line.
func ReadSettings(env map[string]string, envFiles []string) (Settings, error) {
	s := Settings{EnvFiles: envFiles}
	if len(s.EnvFiles) == 0 {
		split := func(r rune) bool { return r == ',' }
		for _, name := range strings.FieldsFunc(env["COMPOSE_ENV_FILES"], split) {
			if rest, ok := strings.CutPrefix(name, "~/"); ok && env["HOME"] != "" {
				name = filepath.Join(env["HOME"], rest)
			}
			s.EnvFiles = append(s.EnvFiles, name)
		}
	}
	text := env["COMPOSE_DISABLE_ENV_FILE"]
	if text == "" {
		return s, nil
	}
	var err error
	if s.NoEnvFile, err = strconv.ParseBool(text); err != nil {
		return s, fmt.Errorf("invalid COMPOSE_DISABLE_ENV_FILE %q, want true or false", text)
	}
	return s, nil
}

// FindFiles sets Files and Dir by an environment and by the files of variables
// that fsys opens.
func (s *Settings) FindFiles(env map[string]string, fsys fs.FS) error {
	vars, err := s.variables(env, fsys)
	if err != nil {
		return err
	}
	lookup := lookups(env, vars)
	list, _ := lookup("COMPOSE_FILE")
	sep, _ := lookup("COMPOSE_PATH_SEPARATOR")
	if sep == "" {
		sep = string(filepath.ListSeparator)
	}
	for name := range strings.SplitSeq(list, sep) {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		s.Files = append(s.Files, name)
		if s.Dir == "" && name != "-" {
			s.Dir = filepath.Dir(name)
		}
	}
	if s.Dir == "." {
		s.Dir = ""
	}
	return nil
}

// variables are those of the files of variables, but only of files that may name
// Compose files: what is wrong with others is told where they are needed.
func (s *Settings) variables(env environment, fsys fs.FS) (environment, error) {
	vars := environment{}
	for _, f := range variableFiles(s.EnvFiles, s.NoEnvFile, "") {
		data, err := open(fsys, f.path)
		if err != nil || !bytes.Contains(data, []byte("COMPOSE_FILE")) && !bytes.Contains(data, []byte("COMPOSE_PATH_SEPARATOR")) {
			continue
		}
		found, err := dotenv.ParseWithLookup(bytes.NewReader(data), lookups(env, vars))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.path, err)
		}
		maps.Copy(vars, found)
	}
	return vars, nil
}

// Overrides are the names of files that Compose would merge over a default file
// that lies beside them. Bake does not, as docker buildx bake does not.
func Overrides() []string {
	return []string{"compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"}
}

// variableFile is a file of variables; one that is not required may be missing,
// and says nothing about variables that another one has given.
type variableFile struct {
	path     string
	required bool
}

// variableFiles are the files of variables of the top-level files, in order:
// those named, else .env here and in the directory of the project.
func variableFiles(named []string, none bool, dir string) []variableFile {
	var files []variableFile
	for _, name := range named {
		files = append(files, variableFile{name, true})
	}
	if len(files) > 0 || none {
		return files
	}
	files = []variableFile{{".env", false}}
	if dir = filepath.Clean(dir); dir != "." {
		files = append(files, variableFile{filepath.Join(dir, ".env"), false})
	}
	return files
}
