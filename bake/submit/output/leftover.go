package output

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
)

// temporary is the name of a file that is being written: that of its place, the
// process that writes it and a number.
var temporary = regexp.MustCompile(`^\.(.+)\.([0-9]+)-[0-9]+\.tmp$`)

// leftovers are, by directory, the temporary files that were there when this
// process first wrote to it. A directory may hold thousands of outputs, so it is
// read once.
var leftovers sync.Map // of func() map[string][]string

// removeLeftovers removes what runs that were killed left beside a file. What
// another run still writes stays.
func removeLeftovers(dir *os.Root, name string) {
	list, _ := leftovers.LoadOrStore(dir.Name(), sync.OnceValue(func() map[string][]string { return temporaries(dir.Name()) }))
	for _, path := range list.(func() map[string][]string)()[name] {
		if abandoned(path, writer(path)) {
			_ = dir.Remove(filepath.Base(path)) // not worse than before if it stays
		}
	}
}

// temporaries are the paths of temporary files, by the name of their place.
func temporaries(dir string) map[string][]string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	found := map[string][]string{}
	for _, e := range entries {
		if m := temporary.FindStringSubmatch(e.Name()); m != nil && e.Type().IsRegular() {
			found[m[1]] = append(found[m[1]], filepath.Join(dir, e.Name()))
		}
	}
	return found
}

// writer is the process that made a temporary file.
func writer(path string) int {
	m := temporary.FindStringSubmatch(filepath.Base(path))
	pid, err := strconv.Atoi(m[2])
	if err != nil {
		return 0
	}
	return pid
}
