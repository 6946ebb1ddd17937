package files

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"bake/bake"
	"bake/compose"
)

// WithOthers are the Compose files that were named and the default files that
// are no Compose files. There are none when none was named.
func WithOthers(names []string, fsys fs.FS) []string {
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

// UnreadOverride tells of a file beside the default Compose files that Compose
// would merge over them and that is not read here. It is empty if there is none.
func UnreadOverride(files []bake.File, fsys fs.FS) string {
	var read []string
	for _, f := range files {
		if is, _ := compose.IsCompose(f.Name, nil); is {
			read = append(read, f.Name)
		}
	}
	if len(read) == 0 {
		return ""
	}
	for _, name := range compose.Overrides() {
		if _, err := fs.Stat(fsys, name); err == nil {
			return fmt.Sprintf("%s is not read, which Compose would merge over %s; to read it, set COMPOSE_FILE=%s",
				name, read[0], strings.Join(append(read, name), string(filepath.ListSeparator)))
		}
	}
	return ""
}
