package compose

import "fmt"

// didYouMean is a trailing sentence with the most similar name, or empty.
func didYouMean(given string, known []string) string {
	if s := suggest(given, known); s != "" {
		return fmt.Sprintf(" Did you mean %q?", s)
	}
	return ""
}

// suggest returns the known name closest to the given one, the first of
// several equally close, or "" when none is near enough to be a typo.
func suggest(given string, known []string) string {
	best, nearest := "", 3
	if len(given) <= 4 {
		nearest = 2
	}
	for _, name := range known {
		if diff := len(name) - len(given); diff >= nearest || -diff >= nearest {
			continue
		}
		if d := distance(given, name); d < nearest {
			best, nearest = name, d
		}
	}
	return best
}

// distance is the number of bytes to insert, delete or replace, or of
// neighbours to swap, to turn a into b.
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
