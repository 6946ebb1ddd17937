package host

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Local is what may stand before a path to say that it is one of this machine,
// also where a definition from elsewhere would else look at its own.
const Local = "cwd://"

// Plain is a written path without the prefix that only says where it counts from.
func Plain(written string) string { return strings.TrimPrefix(written, Local) }

// Place is where a written path leads, as the kernel would go from the working
// directory: absolute, through every link, up from where a link has led to. What
// does not exist yet has no links. All that is checked and all that is opened are
// places, so that both mean the same.
func (c *Caller) Place(written string) string { return Place(c.Dir, written) }

// Place is that of a path which is relative to dir.
func Place(dir, written string) string {
	path := Plain(written)
	if dir == "" {
		dir = "."
	}
	if !filepath.IsAbs(path) {
		path = dir + string(filepath.Separator) + path // not joined: that would go up before links are followed
	}
	if !filepath.IsAbs(path) {
		here, err := os.Getwd()
		if err != nil {
			return filepath.Clean(path)
		}
		path = here + string(filepath.Separator) + path
	}
	return walk(path)
}

// walk follows the links of an absolute path.
func walk(path string) string {
	at, rest := rootOf(path), elements(path)
	for links := 0; len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			at = filepath.Dir(at)
			continue
		}
		next := filepath.Join(at, name)
		target, err := os.Readlink(next)
		if links++; err != nil || links > maxLinks {
			at = next
			continue
		}
		if !filepath.IsAbs(target) {
			target = at + string(filepath.Separator) + target
		}
		if elsewhere(next, target) {
			return beside(path)
		}
		at, rest = rootOf(target), slices.Concat(elements(target), rest)
	}
	return at
}

// elsewhere reports whether a link leads to something else than its text says, as
// those do by which Linux shows what a process has open.
func elsewhere(link, target string) bool {
	is, err := os.Stat(link)
	if err != nil {
		return false // it leads to nothing, so its text is all there is
	}
	said, err := os.Stat(target)
	return err != nil || !os.SameFile(is, said)
}

// beside is the place of a path that no text says: its directory's, and its name.
func beside(path string) string {
	path = filepath.Clean(path)
	if dir := filepath.Dir(path); dir != path {
		return filepath.Join(walk(dir), filepath.Base(path))
	}
	return path
}

// rootOf is where an absolute path begins.
func rootOf(path string) string {
	return filepath.VolumeName(path) + string(filepath.Separator)
}

// elements are the names that an absolute path is made of, as they are written.
func elements(path string) []string {
	return strings.FieldsFunc(path[len(filepath.VolumeName(path)):], func(r rune) bool { return r < 0x80 && os.IsPathSeparator(uint8(r)) })
}

// Still is an error if a place is none any more, as somebody has put a link in its
// way. It is for what others open by its name; see Open.
func Still(place string) error {
	if walk(place) != filepath.Clean(place) {
		return &MovedError{place}
	}
	return nil
}
