package heap

import (
	"os"
	"regexp"
	"runtime/debug"
	"strconv"
	"testing"
)

// Large pages are asked for what a large definition is going to need, and the
// collector is as lenient afterwards as at the start.
func TestExpect(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skip("the system has no large pages")
	}
	before := advised(t)
	Expect(large - 1)
	if got := advised(t); got != before {
		t.Errorf("for a small definition %d kB are asked for", got-before)
	}
	Expect(large)
	if got, want := advised(t), large*perByte/1024; got < want {
		t.Errorf("large pages are asked for %d kB, want %d", got, want)
	}
	if got := debug.SetGCPercent(percents[0]); got != percents[0] {
		t.Errorf("the heap may grow by %d %%, want %d", got, percents[0])
	}
}

// advised is for how many kB this process has asked for large pages.
func advised(t *testing.T) (sum int) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^Size: +(\d+) kB\n(?:\w+: .*\n)*?VmFlags:.* hg\b`).FindAllSubmatch(maps, -1) {
		size, err := strconv.Atoi(string(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		sum += size
	}
	return sum
}
