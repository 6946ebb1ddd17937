package heap

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// dropProgram unmaps the pages of the program's file, its code and constants.
// Most of what a small run holds are such pages, which only the initialisation
// of packages needed; those that are still needed come back from the file.
func dropProgram() {
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	maps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer maps.Close()
	for _, m := range unchanged(maps, exe) {
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, m.start, m.end-m.start, unix.MADV_DONTNEED)
	}
}

// mapping is a range of addresses.
type mapping struct{ start, end uintptr }

// unchanged are the mappings of a file, as smaps lists them, that hold nothing
// but what is in the file. A mapping that can only be read may have been written
// before, as that of relocated addresses: its pages would be lost.
func unchanged(smaps io.Reader, file string) []mapping {
	var out []mapping
	var current *mapping
	for lines := bufio.NewScanner(smaps); lines.Scan(); {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) >= 5 && strings.Contains(words[0], "-"):
			current = nil
			if len(words) == 6 && words[5] == file && strings.HasPrefix(words[1], "r-") {
				current = parseRange(words[0])
			}
		case len(words) == 3 && words[0] == "Anonymous:" && words[1] == "0" && current != nil:
			out = append(out, *current)
		}
	}
	return out
}

func parseRange(text string) *mapping {
	from, to, _ := strings.Cut(text, "-")
	start, err := strconv.ParseUint(from, 16, 64)
	if err != nil {
		return nil
	}
	end, err := strconv.ParseUint(to, 16, 64)
	if err != nil {
		return nil
	}
	return &mapping{uintptr(start), uintptr(end)}
}
