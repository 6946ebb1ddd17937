package cmd

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"bake/cmd/heap"

	csvvalue "github.com/tonistiigi/go-csvvalue"
)

// jobs says how targets are built beside each other.
type jobs struct {
	limit     int  // how many at once, 0 is no limit
	counted   bool // limit was given
	keepGoing bool // a target that fails does not stop the others
	hold      bool // nothing is exported unless every target can be built

	text string
}

// jobsFlag is --jobs: a number or parallel=N, and what becomes of the others and
// of outputs when a target fails, as mode=NAME or just the name.
type jobsFlag struct{ *jobs }

func (f jobsFlag) Type() string   { return "string" }
func (f jobsFlag) String() string { return f.text }

// Set reads a list. A later one replaces an earlier one.
func (f jobsFlag) Set(text string) error {
	parsed := jobs{text: text}
	if list := strings.TrimSpace(text); list != "" {
		fields, err := csvvalue.Fields(list, nil)
		if err != nil {
			return fmt.Errorf("not a list of values with commas between them: %w", err)
		}
		given := map[string]string{}
		for _, field := range fields {
			if err := parsed.read(strings.TrimSpace(field), given); err != nil {
				return err
			}
		}
	}
	*f.jobs = parsed
	return nil
}

// read takes one value of the list. given are the values before it, by what
// they are for.
func (j *jobs) read(field string, given map[string]string) error {
	key, value, ok := strings.Cut(field, "=")
	key, value = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)
	if !ok {
		key, value = "mode", field // whose letters are small
		if _, err := strconv.Atoi(field); err == nil {
			key = "parallel"
		}
	}
	if before, ok := given[key]; ok {
		return repeatedJobs(key, before, value)
	}
	given[key] = value
	switch key {
	case "mode":
		return j.setMode(value)
	case "parallel":
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return fmt.Errorf("want a number of targets, 0 or more, not %q", value)
		}
		j.limit, j.counted = n, true
		return nil
	}
	return fmt.Errorf("want parallel=N or mode=NAME, not %q", field)
}

func (j *jobs) setMode(name string) error {
	switch name {
	case "fail-fast":
	case "defer-error":
		j.keepGoing = true
	case "defer-output":
		j.hold = true
	default:
		return fmt.Errorf("want a number of targets, parallel=N, fail-fast, defer-error or defer-output, not %q", name)
	}
	return nil
}

func repeatedJobs(key, before, value string) error {
	if key == "parallel" {
		return fmt.Errorf("two numbers of targets, %s and %s", before, value)
	}
	both := []string{before, value}
	if slices.Contains(both, "defer-output") && slices.Contains(both, "defer-error") {
		return errors.New("two modes; both at once are --keep-going --jobs=defer-output")
	}
	return fmt.Errorf("two modes, %s and %s", before, value)
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
	if memory := heap.TotalMemory(); memory > 0 {
		limit = min(limit, max(2, int(memory/memoryPerJob)))
	}
	return limit
}
