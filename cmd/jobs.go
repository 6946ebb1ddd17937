package cmd

import (
	"fmt"
	"strconv"
	"strings"
)

// jobs says how targets are built beside each other.
type jobs struct {
	limit     int  // how many at once, 0 is no limit
	keepGoing bool // a target that fails does not stop the others
	hold      bool // nothing is exported unless every target can be built

	text string
}

// jobsFlag is --jobs: a list of a number or parallel=N, of what a failure does,
// fail-fast or defer-error, and of defer-output.
type jobsFlag struct{ *jobs }

func (f jobsFlag) Type() string   { return "string" }
func (f jobsFlag) String() string { return f.text }

// Set reads a list. A later one replaces an earlier one.
func (f jobsFlag) Set(text string) error {
	parsed := jobs{text: text}
	for word := range strings.SplitSeq(text, ",") {
		switch word {
		case "fail-fast":
			parsed.keepGoing = false
		case "defer-error":
			parsed.keepGoing = true
		case "defer-output":
			parsed.hold = true
		default:
			n, err := strconv.Atoi(strings.TrimPrefix(word, "parallel="))
			if err != nil || n < 0 {
				return fmt.Errorf("want a number of targets, parallel=N, fail-fast, defer-error or defer-output, not %q", word)
			}
			parsed.limit = n
		}
	}
	*f.jobs = parsed
	return nil
}
