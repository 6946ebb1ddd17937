package build

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/moby/patternmatcher/ignorefile"
)

// ignoreFile is a file with rules about which files of a context are sent.
type ignoreFile struct {
	path   string
	text   []byte
	unused error // why a file that is there has no effect, as with the frontend
}

// readIgnore reads an ignore file, nil if there is none. One that a frontend
// would not find, or not take for a file, has no rules: what it has to do with
// the context is not what was meant, so this is warned about.
func readIgnore(dir, name string) (*ignoreFile, error) {
	f := &ignoreFile{path: filepath.Join(dir, name)}
	var tooLarge *tooLargeError
	switch text, err := readBelow(dir, name); {
	case err == nil:
		f.text = text
	case errors.As(err, &tooLarge):
		return nil, fmt.Errorf("failed to read ignore file: %w", err)
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	default:
		f.unused = err
	}
	return f, nil
}

// used reports whether f is there and has an effect.
func (f *ignoreFile) used() bool { return f != nil && f.unused == nil }

// patterns are the rules of f in a form that only changes if their meaning may
// change. A broken file has no rules: the frontend reports the error.
func (f *ignoreFile) patterns() string {
	if !f.used() {
		return ""
	}
	patterns, err := ignorefile.ReadAll(bytes.NewReader(f.text))
	if err != nil {
		return ""
	}
	return strings.Join(patterns, "\n")
}

// warning says that f has no effect, and why; it is empty if f has one.
func (f *ignoreFile) warning(at *Caller) string {
	if f == nil || f.unused == nil {
		return ""
	}
	var failed *fs.PathError
	why := f.unused
	if errors.As(why, &failed) {
		why = failed.Err
	}
	return fmt.Sprintf("%s has no effect: %s", shown(at.Dir, f.path), why)
}
