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

	// Granted reports whether a place may be read, or written. Nil grants all.
	Granted func(place string, write bool) bool
}

// May reports whether a place may be read, or written.
func (c *Caller) May(place string, write bool) bool {
	return c.Granted == nil || c.Granted(place, write)
}

// Contains reports whether path is dir or lies below it.
func Contains(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// Shown is a path as people would write it: relative if it is close by.
func Shown(dir, path string) string {
	rel, err := filepath.Rel(Place(dir, "."), path)
	if err != nil || strings.HasPrefix(rel, filepath.Join("..", "..")) {
		return path
	}
	return rel
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
