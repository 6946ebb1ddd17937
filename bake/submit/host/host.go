package host

import (
	"path/filepath"
	"strconv"
	"strings"

	"bake/bake"
)

// Caller is where bake was called.
type Caller struct {
	Dir string   // working directory: relative paths of the plan start here; empty is "."
	Env bake.Env // environment for secrets, SSH, SOURCE_DATE_EPOCH and BUILDX_* switches
}

// Contains reports whether path is dir or lies below it.
func Contains(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// Shown is a path as people would write it: relative if it is close by.
func Shown(dir, path string) string {
	rel, err := filepath.Rel(Resolve(Abs(dir, ".")), path)
	if err != nil || strings.HasPrefix(rel, filepath.Join("..", "..")) {
		return path
	}
	return rel
}

// Resolve follows the symbolic links in the part of p that exists.
func Resolve(p string) string {
	if real, err := filepath.EvalSymlinks(p); err == nil {
		return real
	}
	parent := filepath.Dir(p)
	if parent == p {
		return p
	}
	return filepath.Join(Resolve(parent), filepath.Base(p))
}

// Abs resolves a path of the plan, which is relative to dir.
func Abs(dir, p string) string {
	if filepath.IsAbs(p) {
		return filepath.Clean(p)
	}
	full, err := filepath.Abs(filepath.Join(dir, p))
	if err != nil {
		return filepath.Join(dir, p)
	}
	return full
}

// Existing is the path itself or the nearest directory above that exists.
func Existing(path string) string {
	for {
		if real, err := filepath.EvalSymlinks(path); err == nil || filepath.Dir(path) == path {
			return real
		}
		path = filepath.Dir(path)
	}
}

// Flag reads a boolean environment variable. ok is false if it is not set or
// not a boolean.
func (c *Caller) Flag(name string) (value, ok bool) {
	text, set := c.Env[name]
	if !set {
		return false, false
	}
	b, err := strconv.ParseBool(text)
	return b, err == nil
}
