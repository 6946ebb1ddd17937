package cmd

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
)

// jobs says how targets are built beside each other.
type jobs struct {
	limit     int  // how many at once, 0 is no limit
	counted   bool // limit was given
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
			parsed.limit, parsed.counted = n, true
		}
	}
	*f.jobs = parsed
	return nil
}

// What a target that runs commands is taken to need of the builder's machine.
const (
	jobsPerCPU   = 8
	fewestJobs   = 16
	memoryPerJob = 128 << 20
)

// atOnce is how many targets are built at once on a builder. Without a number
// it depends on the cores and the memory of the embedded engine's machine, which
// is this one, such that small targets do not wait; what others have is not
// known, and left to them.
func (j jobs) atOnce(embedded bool) int {
	if j.counted || !embedded {
		return j.limit
	}
	limit := max(fewestJobs, jobsPerCPU*runtime.GOMAXPROCS(0))
	if memory := totalMemory(); memory > 0 {
		limit = min(limit, max(2, int(memory/memoryPerJob)))
	}
	return limit
}
