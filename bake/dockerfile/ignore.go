package dockerfile

import (
	"bytes"
	"path"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// ignoreName is the file with the rules of a directory.
const ignoreName = ".dockerignore"

// IgnoreFiles are the names of the files that may hold the rules for the context of
// a target, of which the first that is there counts: the one of its Dockerfile, beside
// that, and the one of the context. A Dockerfile in the definition has none of its
// own. A named context always has the one in it, and what is fetched has none.
func IgnoreFiles(dockerfile string, inline bool) []string {
	if inline || dockerfile == "" {
		return []string{ignoreName}
	}
	return []string{path.Base(dockerfile) + ignoreName, ignoreName}
}

// Ignore are the rules about which files of a directory are sent to a builder. A nil
// Ignore sends all.
type Ignore struct {
	matcher *patternmatcher.PatternMatcher
}

// ParseIgnore reads the rules of an ignore file. A pattern that is none is an
// error.
func ParseIgnore(text []byte) (*Ignore, error) {
	patterns, err := ignorefile.ReadAll(bytes.NewReader(text))
	if err != nil || len(patterns) == 0 {
		return nil, err
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return nil, err
	}
	return &Ignore{matcher}, nil
}

// Sends reports whether the file or directory of a name, which is relative to the
// directory of the rules, is sent. A directory whose files are is sent, too, which
// this does not tell.
func (i *Ignore) Sends(name string) bool {
	if i == nil {
		return true
	}
	name = path.Clean(name)
	var above patternmatcher.MatchInfo
	left := false
	var at string
	for part := range strings.SplitSeq(name, "/") {
		at = path.Join(at, part)
		var err error
		if left, above, err = i.matcher.MatchesUsingParentResults(at, above); err != nil {
			return true // the builder reports it
		}
		if left && !i.matcher.Exclusions() {
			return false // nothing below is let in again
		}
	}
	return !left
}
