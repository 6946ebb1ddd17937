package output

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// File is an output file that appears complete or not at all: it is written
// beside its place and renamed by commit. What is no regular file, such as a
// pipe, is written directly.
type File struct {
	path string
	Temp *os.File
}

func (o *File) open(map[string]string) (io.WriteCloser, error) {
	if real, err := filepath.EvalSymlinks(o.path); err == nil {
		o.path = real
	}
	if fi, err := os.Stat(o.path); err == nil && !fi.Mode().IsRegular() {
		return os.OpenFile(o.path, os.O_WRONLY, 0)
	}
	dir, name := filepath.Split(o.path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := createBeside(dir, name)
	if err != nil {
		return nil, err
	}
	o.Temp = f
	return f, nil
}

// createBeside creates a new file next to name, with the mode that a new file
// of the user has.
func createBeside(dir, name string) (*os.File, error) {
	removeLeftovers(dir, name)
	for n := 0; ; n++ {
		path := filepath.Join(dir, fmt.Sprintf(".%s.%d-%d.tmp", name, os.Getpid(), n))
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if os.IsExist(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		hold(f)
		if lies(f, path) {
			return f, nil
		}
		f.Close() // taken for a leftover before it was held
	}
}

// lies reports whether a file is still at its path.
func lies(f *os.File, path string) bool {
	here, err := f.Stat()
	if err != nil {
		return true // it cannot be told
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(here, there)
}

// Commit puts a completely written file in its place.
func (o *File) Commit() error {
	if o.Temp == nil {
		return nil
	}
	name := o.Temp.Name()
	o.Temp = nil
	return os.Rename(name, o.path)
}

// Discard removes what was written so far.
func (o *File) Discard() {
	if o.Temp == nil {
		return
	}
	o.Temp.Close()
	os.Remove(o.Temp.Name())
	o.Temp = nil
}
