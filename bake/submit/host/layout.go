package host

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Led is where the links within an OCI layout or a local cache lead that lead out
// of it: an index, the directories of its blobs and those that are being written,
// or single ones. What reads and writes such a directory follows them.
func Led(dir string) []string {
	var out []string
	look := func(path string) {
		if place := walk(path); !Contains(dir, place) && !slices.Contains(out, place) {
			out = append(out, place)
		}
	}
	var visit func(path string, depth int)
	visit = func(path string, depth int) {
		entries, err := unsorted(path)
		if err != nil {
			return // nothing is read or written there
		}
		for _, e := range entries {
			full := filepath.Join(path, e.Name())
			if !e.Type().IsRegular() && !e.IsDir() {
				look(full)
			}
			if !e.Type().IsRegular() && (depth > 0 || e.Name() == "blobs" || e.Name() == "ingest") && depth < 2 {
				visit(full, depth+1)
			}
		}
	}
	visit(dir, 0)
	slices.Sort(out)
	return out
}

// unsorted are the entries of a directory.
func unsorted(path string) ([]os.DirEntry, error) {
	dir, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return dir.ReadDir(-1)
}

// CheckLed is an error if a link within an OCI layout or a local cache leads to
// where the caller may not read, or not write.
func (c *Caller) CheckLed(dir string, write bool) error {
	for _, place := range Led(dir) {
		if !c.May(place, write) {
			return fmt.Errorf("a link in %s leads to %s, which was not granted", Shown(c.Dir, dir), Shown(c.Dir, place))
		}
	}
	return nil
}
