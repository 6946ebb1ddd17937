package dockerfile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"bake/bake/submit/host"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// IgnoreFile is a file with rules about which files of a context are sent.
type IgnoreFile struct {
	path   string
	text   []byte
	unused error // why a file that is there has no effect, as with the frontend
}

// ReadIgnore reads an ignore file, nil if there is none. One that a frontend
// would not find, or not take for a file, has no rules: what it has to do with
// the context is not what was meant, so this is warned about.
func ReadIgnore(dir, name string) (*IgnoreFile, error) {
	f := &IgnoreFile{path: filepath.Join(dir, name)}
	var tooLarge *host.TooLargeError
	switch text, err := host.ReadBelow(dir, name); {
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

// Used reports whether f is there and has an effect.
func (f *IgnoreFile) Used() bool { return f != nil && f.unused == nil }

// Patterns are the rules of f in a form that only changes if their meaning may
// change. A broken file has no rules: the frontend reports the error.
func (f *IgnoreFile) Patterns() string {
	if !f.Used() {
		return ""
	}
	patterns, err := ignorefile.ReadAll(bytes.NewReader(f.text))
	if err != nil {
		return ""
	}
	return strings.Join(patterns, "\n")
}

// Warning says that f has no effect, and why; it is empty if f has one.
func (f *IgnoreFile) Warning(at *host.Caller) string {
	if f == nil || f.unused == nil {
		return ""
	}
	var failed *fs.PathError
	why := f.unused
	if errors.As(why, &failed) {
		why = failed.Err
	}
	return fmt.Sprintf("%s has no effect: %s", host.Shown(at.Dir, f.path), why)
}

// Rule tells which rule of f decides that the file of a name is sent, or that none
// leaves it out. It is empty if f has no rules.
func (f *IgnoreFile) Rule(name string) string {
	if f.Patterns() == "" {
		return ""
	}
	file := filepath.Base(f.path)
	for i, text := range slices.Backward(strings.Split(string(f.text), "\n")) {
		rules, err := ignorefile.ReadAll(strings.NewReader(text))
		if err != nil || len(rules) == 0 {
			continue
		}
		rule, _ := strings.CutPrefix(rules[0], "!")
		matcher, err := patternmatcher.New([]string{rule})
		if err != nil {
			continue
		}
		if match, err := matcher.MatchesOrParentMatches(name); match && err == nil {
			return fmt.Sprintf("rule %q of %s:%d lets it in", strings.TrimSpace(text), file, i+1)
		}
	}
	return "no rule of " + file + " leaves it out"
}
