package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A place is opened without following links. It had none when it was checked, so
// one that is in its way now has been put there since, such as by the output of
// another target.

// MovedError says that there is a link now where there was none when the place
// was checked.
type MovedError struct{ place string }

func (e *MovedError) Error() string {
	return fmt.Sprintf("%s leads through a link that was not there when it was checked: it is not followed", e.place)
}

// Open opens what is at a place for reading.
func Open(place string) (*os.File, error) { return openStill(place, os.O_RDONLY) }

// OpenWrite opens what is at a place for writing. It must exist.
func OpenWrite(place string) (*os.File, error) { return openStill(place, os.O_WRONLY) }

// OpenDir opens the directory at a place.
func OpenDir(place string) (*os.Root, error) {
	root, err := os.OpenRoot(place)
	if err != nil {
		return nil, err
	}
	opened, err := root.Stat(".")
	if err == nil {
		err = same(place, opened)
	}
	if err != nil {
		root.Close()
		return nil, err
	}
	return root, nil
}

// MakeDir opens the directory at a place, which it makes, with those above it, if
// there is none.
func MakeDir(place string, mode fs.FileMode) (*os.Root, error) {
	root, err := OpenDir(place)
	parent := filepath.Dir(place)
	if !errors.Is(err, fs.ErrNotExist) || parent == place {
		return root, err
	}
	above, err := MakeDir(parent, mode)
	if err != nil {
		return nil, err
	}
	defer above.Close()
	name := filepath.Base(place)
	if err := above.Mkdir(name, mode); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if info, err := above.Lstat(name); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return nil, &MovedError{place}
	}
	root, err = above.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	if err := isEntry(above, name, place, func() (fs.FileInfo, error) { return root.Stat(".") }); err != nil {
		root.Close()
		return nil, err
	}
	return root, nil
}

// isEntry is an error unless what was opened is that which stands under a name in
// a directory, and not what a link of that name leads to.
func isEntry(dir *os.Root, name, place string, opened func() (fs.FileInfo, error)) error {
	there, err := dir.Lstat(name)
	if err != nil {
		return err
	}
	is, err := opened()
	if err == nil && !os.SameFile(there, is) {
		err = &MovedError{place}
	}
	return err
}
