package output

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"bake/bake/submit/host"
)

// File is an output file that appears complete or not at all: it is written
// beside its place and renamed by commit. What is no regular file, such as a
// pipe, is written directly. The directory stays open in between, so that the
// file is put where it was written whatever becomes of the path.
type File struct {
	path string // a place
	dir  *os.Root
	Temp *os.File
}

func (o *File) open(map[string]string) (io.WriteCloser, error) {
	if fi, err := os.Stat(o.path); err == nil && !fi.Mode().IsRegular() {
		return openSpecial(o.path)
	}
	parent, name := filepath.Split(o.path)
	dir, err := host.MakeDir(filepath.Clean(parent), 0o755)
	if err != nil {
		return nil, err
	}
	f, err := createBeside(dir, name)
	if err != nil {
		dir.Close()
		return nil, err
	}
	o.dir, o.Temp = dir, f
	return f, nil
}

// openSpecial opens what is no regular file. One that is by now would be written
// without being replaced.
func openSpecial(path string) (*os.File, error) {
	f, err := host.OpenWrite(path)
	if err != nil {
		return nil, err
	}
	if fi, err := f.Stat(); err != nil || fi.Mode().IsRegular() {
		f.Close()
		return nil, fmt.Errorf("%s was replaced while it was opened", path)
	}
	return f, nil
}

// createBeside creates a new file next to name, with the mode that a new file
// of the user has.
func createBeside(dir *os.Root, name string) (*os.File, error) {
	removeLeftovers(dir, name)
	for n := 0; ; n++ {
		own := fmt.Sprintf(".%s.%d-%d.tmp", name, os.Getpid(), n)
		f, err := dir.OpenFile(own, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if os.IsExist(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		hold(f)
		if lies(f, dir, own) {
			return f, nil
		}
		f.Close() // taken for a leftover before it was held
	}
}

// lies reports whether a file is still there under its name.
func lies(f *os.File, dir *os.Root, name string) bool {
	here, err := f.Stat()
	if err != nil {
		return true // it cannot be told
	}
	there, err := dir.Lstat(name)
	return err == nil && os.SameFile(here, there)
}

// Commit puts a completely written file in its place.
func (o *File) Commit() error {
	if o.Temp == nil {
		return nil
	}
	defer o.done()
	return o.dir.Rename(filepath.Base(o.Temp.Name()), filepath.Base(o.path))
}

// Discard removes what was written so far.
func (o *File) Discard() {
	if o.Temp == nil {
		return
	}
	defer o.done()
	o.Temp.Close()
	_ = o.dir.Remove(filepath.Base(o.Temp.Name()))
}

// done ends the use of the directory.
func (o *File) done() {
	o.dir.Close()
	o.dir, o.Temp = nil, nil
}
