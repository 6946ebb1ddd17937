package cmd

import (
	"io/fs"
	"path/filepath"
	"strings"

	"bake/bake"
	"bake/compose"
)

// names are the files that a definition of this machine is read from, none for
// the default ones, and how the Compose files among them are read. COMPOSE_FILE
// stands for the default Compose files, and gives their project its directory.
func (o *definitionOptions) names(env bake.Env, fsys fs.FS) ([]string, compose.Settings, error) {
	project, err := o.settings(env)
	if err != nil {
		return nil, project, err
	}
	names, err := definitionNames(o.files, env, fsys)
	if err != nil || len(names) > 0 {
		return names, project, err
	}
	if err := project.FindFiles(env, fsys); err != nil {
		return nil, project, usageErrorf("find the Compose files: %w", err)
	}
	return withOthers(project.Files, fsys), project, nil
}

// settings are what Compose's own variables say, but for COMPOSE_FILE.
func (o *definitionOptions) settings(env bake.Env) (compose.Settings, error) {
	project, err := compose.ReadSettings(env, o.envFiles)
	if err != nil {
		return project, usageErrorf("%w", err)
	}
	return project, nil
}

// withOthers are the Compose files that were named and the default files that
// are no Compose files. There are none when none was named.
func withOthers(names []string, fsys fs.FS) []string {
	if len(names) == 0 {
		return nil
	}
	for _, name := range bake.DefaultFiles() {
		if is, _ := compose.IsCompose(name, nil); is {
			continue
		}
		if _, err := fs.Stat(fsys, name); err == nil {
			names = append(names, name)
		}
	}
	return names
}

// noteOverride says so when a file lies beside the default Compose files that
// Compose would merge over them and that is not read here.
func (a *app) noteOverride(files []bake.File, fsys fs.FS) {
	var read []string
	for _, f := range files {
		if is, _ := compose.IsCompose(f.Name, nil); is {
			read = append(read, f.Name)
		}
	}
	if len(read) == 0 {
		return
	}
	for _, name := range compose.Overrides() {
		if _, err := fs.Stat(fsys, name); err == nil {
			a.note("%s is not read, which Compose would merge over %s; to read it, set COMPOSE_FILE=%s",
				name, read[0], strings.Join(append(read, name), string(filepath.ListSeparator)))
			return
		}
	}
}
