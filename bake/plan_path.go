package bake

import (
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// gitHost matches the form USER@HOST:PATH.
var gitHost = regexp.MustCompile(`^[a-zA-Z0-9_-]+@[a-zA-Z0-9.-]+:.*$`)

// IsRemote tells whether a context or a definition is fetched from elsewhere:
// an HTTP URL or a git reference.
func IsRemote(s string) bool {
	for _, scheme := range []string{"http://", "https://", "git://", "ssh://", "github.com/"} {
		if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			return true
		}
	}
	return gitHost.MatchString(s)
}

// cleanContext shortens a local path and takes off cwd://.
func cleanContext(s string) string {
	if local, ok := strings.CutPrefix(s, "cwd://"); ok {
		return path.Clean(local)
	}
	if IsRemote(s) {
		return s
	}
	return path.Clean(s)
}

// localPath shortens a path of this machine and takes off cwd://, so that two
// spellings of one place are the same.
func localPath(s string) string { return filepath.Clean(strings.TrimPrefix(s, "cwd://")) }

// isSpecialContext tells contexts that are not paths relative to a file.
func isSpecialContext(s string) bool {
	for _, prefix := range []string{"cwd://", "target:", "docker-image:", "oci-layout://"} {
		if strings.HasPrefix(s, prefix) {
			return true
		}
	}
	return IsRemote(s)
}

// fileDir is the directory that paths in a file are relative to, if it has
// one: standard input and remote files have not.
func fileDir(name string) (string, bool) {
	if name == "" || name == "-" || IsRemote(name) {
		return "", false
	}
	return filepath.Dir(name), true
}

// rebase makes a context that was written relative to a file's directory
// relative to the working directory.
func rebase(dir, s string) string {
	if s == "" || isSpecialContext(s) || filepath.IsAbs(s) {
		return s
	}
	return filepath.Join(dir, filepath.FromSlash(s))
}
