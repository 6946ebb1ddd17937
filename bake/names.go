package bake

import (
	"maps"
	"slices"

	"bake/hclfuncs"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// isLibrary tells whether the function library has that name. The library
// wins over a definition's function of the same name.
func isLibrary(name string) bool {
	_, ok := hclfuncs.Lookup(name)
	return ok
}
