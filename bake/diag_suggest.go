package bake

import (
	"fmt"
	"maps"
	"slices"

	"github.com/agext/levenshtein"
)

// suggest returns the known name closest to the given one, the first of
// several equally close, or "" when none is near enough to be a typo.
func suggest(given string, known []string) string {
	best, bestDistance := "", 3
	if len(given) <= 2 {
		bestDistance = 2
	}
	for _, name := range known {
		if name == given {
			continue
		}
		if diff := len(name) - len(given); diff >= bestDistance || -diff >= bestDistance {
			continue
		}
		if d := levenshtein.Distance(given, name, nil); d < bestDistance {
			best, bestDistance = name, d
		}
	}
	return best
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// didYouMean is a trailing sentence with the most similar name, or empty.
func didYouMean(given string, known []string) string {
	if s := suggest(given, known); s != "" {
		return fmt.Sprintf(" Did you mean %q?", s)
	}
	return ""
}
