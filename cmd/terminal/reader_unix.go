//go:build unix

package terminal

import (
	"os"

	"golang.org/x/sys/unix"
)

// ReaderGone reports whether nobody is left to read what is written to f.
func ReaderGone(f *os.File) bool {
	fds := []unix.PollFd{{Fd: int32(f.Fd())}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&unix.POLLERR != 0
}
