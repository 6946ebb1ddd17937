package bake

import (
	"fmt"
	"strings"
)

// checkCacheFrom and checkCacheTo refuse caches that say nothing of where they
// are: most builds fail of them, some late, and others go without a word.
func checkCacheFrom(c *cell) error { return checkCache(c, "src") }

func checkCacheTo(c *cell) error { return checkCache(c, "dest") }

// checkCache knows that caches in a registry have a reference, and those in a
// directory the path of it in the attribute dir.
func checkCache(c *cell, dir string) error {
	typ, place, example := c.entry.attrs["type"], "", ""
	switch typ {
	case "registry":
		place, example = "ref", "type=registry,ref=example.com/app:cache"
	case "local":
		place, example = dir, "type=local,"+dir+"=cache"
	}
	if place == "" || strings.Trim(c.entry.attrs[place], " \t\r\n,\"'") != "" {
		return nil
	}
	return fmt.Errorf("a cache of type %s needs a %s, as in %s, and this one has none%s", typ, place, example, clearHint(c.src.flag))
}

// clearHint is for an override whose value is nothing in quotes, as a shell or a
// workflow that keeps them gives it: what was to be cleared.
func clearHint(flag string) string {
	left, value, ok := strings.Cut(flag, "=")
	left = strings.TrimSuffix(left, "+")
	if !ok || strings.Trim(value, " ,\"'") != "" {
		return ""
	}
	return fmt.Sprintf("; an override without a value, %s=, clears the list", left)
}
