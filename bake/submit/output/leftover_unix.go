//go:build unix

package output

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// hold marks a temporary file as being written, for as long as it is open: the
// process alone does not tell that to runs in other containers.
func hold(f *os.File) { _ = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }

// abandoned reports whether nobody writes a temporary file of a process.
func abandoned(path string, pid int) bool {
	if pid <= 0 || pid == os.Getpid() || !errors.Is(unix.Kill(pid, 0), unix.ESRCH) {
		return false
	}
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil
}
