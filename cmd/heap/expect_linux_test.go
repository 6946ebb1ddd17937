package heap

import (
	"os"
	"regexp"
	"runtime/debug"
	"testing"
)

// Large pages are asked for what a large definition is going to need, and the
// collector is as lenient afterwards as at the start.
func TestExpect(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skip("the system has no large pages")
	}
	advised := func() int {
		maps, err := os.ReadFile("/proc/self/smaps")
		if err != nil {
			t.Fatal(err)
		}
		return len(regexp.MustCompile(`(?m)^VmFlags:.* hg\b`).FindAll(maps, -1))
	}
	before := advised()
	Expect(large - 1)
	if got := advised(); got != before {
		t.Errorf("large pages for a small definition: %d, before %d", got, before)
	}
	Expect(large)
	if got := advised(); got <= before {
		t.Errorf("no large pages for a large definition: %d, before %d", got, before)
	}
	if got := debug.SetGCPercent(percents[0]); got != percents[0] {
		t.Errorf("the heap may grow by %d %%, want %d", got, percents[0])
	}
}
