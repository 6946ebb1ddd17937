package host

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// openStill opens a place. The kernel itself looks for links on the way, where it
// is not too old for that.
func openStill(place string, flags int) (*os.File, error) {
	how := unix.OpenHow{Flags: uint64(flags) | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_SYMLINKS}
	for {
		fd, err := unix.Openat2(unix.AT_FDCWD, place, &how)
		switch {
		case err == nil:
			return os.NewFile(uintptr(fd), place), nil
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.EAGAIN):
			continue
		case errors.Is(err, unix.ELOOP), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM):
			return openLooked(place, flags)
		}
		return nil, &fs.PathError{Op: "open", Path: place, Err: err}
	}
}

// same is an error unless what was opened is what stands at a place.
func same(place string, opened fs.FileInfo) error {
	f, err := openStill(place, unix.O_PATH)
	if err != nil {
		return err
	}
	defer f.Close()
	there, err := f.Stat()
	if err == nil && !os.SameFile(opened, there) {
		err = &MovedError{place}
	}
	return err
}
