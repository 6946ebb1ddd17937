package source

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
)

// UnsentError says that a file which a build was to see cannot be sent.
type UnsentError struct {
	Dir, Name string
	Why       string // which rule of an ignore file has to do with it, empty if there is no ignore file
	err       error
}

func (e *UnsentError) Error() string {
	text := fmt.Sprintf("%s in %s is listed and cannot be sent: %v", e.Name, e.Dir, bare(e.err))
	if e.Why != "" {
		text += " (" + e.Why + ")"
	}
	return text
}

func (e *UnsentError) Unwrap() error { return e.err }

// bare is err without the path, which is named already.
func bare(err error) error {
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		return cmp.Or(failed.Err, err)
	}
	return err
}

// errVanished says of an entry of a directory that it went before it was listed.
// It is not one of "not exist", for which fsutil leaves out the rest of the directory.
var errVanished = errors.New("it is gone")

// mayVanish is an entry that may be gone by the time that it is looked at.
type mayVanish struct{ fs.DirEntry }

func (e mayVanish) Info() (fs.FileInfo, error) {
	info, err := e.DirEntry.Info()
	if errors.Is(err, fs.ErrNotExist) {
		err = errVanished
	}
	return info, err
}
