package host

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/docker/go-units"
)

// MaxText is the size in bytes up to which a Dockerfile, an ignore file or a
// policy is read: that up to which the frontends of BuildKit read one.
const MaxText = 16 << 20

// TooLargeError says that a file is larger than is read of such.
type TooLargeError struct{ most int64 }

func (e *TooLargeError) Error() string {
	return "it is larger than " + units.BytesSize(float64(e.most)) + ", which is more than is read"
}

// OutsideError says that a link leads out of the directory that is read. It is
// no "not exist": what is there is not looked at.
type OutsideError struct{ target string }

func (e *OutsideError) Error() string {
	return "the link to " + e.target + " leads out of its directory and is not followed"
}

// maxLinks is how many links are followed for one name, as in Linux.
const maxLinks = 40

// ReadBelow reads a regular file of a directory, which is a place, as the engine would, which gets
// to see nothing but the directory: to a link its root is the root of all.
func ReadBelow(dir, name string) ([]byte, error) {
	root, err := OpenDir(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	full := filepath.Join(dir, name)
	at, err := Follow(root, name)
	if err != nil {
		return nil, OpenError(full, err)
	}
	f, err := OpenRegular(root, at)
	if err != nil {
		return nil, OpenError(full, err)
	}
	defer f.Close()
	return ReadAtMost(f, full, MaxText)
}

// Follow resolves the links of a name below root. What a link says is above
// root, or is absolute, is looked up in root.
func Follow(root *os.Root, name string) (string, error) {
	at, rest := ".", parts(name)
	var outside error
	for links := 0; len(rest) > 0; rest = rest[1:] {
		next := filepath.Join(at, rest[0])
		if !filepath.IsLocal(next) {
			continue // above root
		}
		info, err := root.Lstat(next)
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) && outside != nil {
				err = outside
			}
			return "", err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			at = next
			continue
		}
		target, err := root.Readlink(next)
		if links++; err != nil || links > maxLinks {
			return "", cmp.Or(err, error(syscall.ELOOP))
		}
		if filepath.IsAbs(target) {
			at = "."
		}
		if filepath.IsAbs(target) || !filepath.IsLocal(filepath.Join(at, target)) {
			outside = &OutsideError{target}
		}
		rest = slices.Concat(rest[:1], parts(target), rest[1:]) // the first is dropped
	}
	return at, nil
}

// parts are the elements of a path.
func parts(path string) []string {
	clean := strings.TrimPrefix(filepath.Clean(path), filepath.VolumeName(path))
	return strings.Split(strings.TrimPrefix(clean, string(filepath.Separator)), string(filepath.Separator))
}

// OpenRegular opens a file below root that must be a regular one: another may
// make the reader wait for ever, or have no end. It is asked what it is before it
// is opened, which for a device does something, and again afterwards.
func OpenRegular(root *os.Root, name string) (*os.File, error) {
	info, err := root.Stat(name)
	if err == nil {
		err = checkRegular(info)
	}
	if err != nil {
		return nil, err
	}
	f, err := root.OpenFile(name, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, err
	}
	return only(f, checkRegular)
}

// only is an open file, which is closed if what it is does not pass a check.
func only(f *os.File, check func(fs.FileInfo) error) (*os.File, error) {
	info, err := f.Stat()
	if err == nil {
		err = check(info)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// ReadRegular reads a regular file of any place, wherever links lead.
func ReadRegular(path string) ([]byte, error) {
	place := Place("", path)
	info, err := os.Lstat(place)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		err = OpenError(path, syscall.ELOOP) // not one that a place can be behind
	}
	if err != nil {
		return nil, err
	}
	if err := checkRegular(info); err != nil {
		return nil, OpenError(path, err)
	}
	f, err := openStill(place, os.O_RDONLY|nonblock)
	if err != nil {
		return nil, err
	}
	if f, err = only(f, checkRegular); err != nil {
		return nil, OpenError(path, err)
	}
	defer f.Close()
	return ReadAtMost(f, path, MaxText)
}

// OpenContent opens a regular file, of any size, at a place.
func OpenContent(place string) (*os.File, error) {
	f, err := openStill(place, os.O_RDONLY|nonblock)
	if err != nil {
		return nil, err
	}
	if f, err = only(f, checkKind); err != nil {
		return nil, OpenError(place, err)
	}
	return f, nil
}

// ReadBounded reads a file that may be anything, as the user names it: a FIFO
// that some shells make of a command has an end, a device may have none.
func ReadBounded(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadAtMost(f, path, most)
}

// ReadAtMost reads f, which path names in errors. More than so many bytes are a
// *TooLargeError.
func ReadAtMost(f io.Reader, path string, most int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > most {
		return nil, &fs.PathError{Op: "read", Path: path, Err: &TooLargeError{most}}
	}
	return data, nil
}

// checkRegular says what a file is that is not regular, or that is too large.
func checkRegular(info fs.FileInfo) error {
	if info.Mode().IsRegular() && info.Size() > MaxText {
		return &TooLargeError{MaxText}
	}
	return checkKind(info)
}

// checkKind says what a file is that is not regular.
func checkKind(info fs.FileInfo) error {
	what := ""
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		return syscall.EISDIR
	case mode&fs.ModeNamedPipe != 0:
		what = "named pipe"
	case mode&fs.ModeSocket != 0:
		what = "socket"
	case mode&fs.ModeDevice != 0:
		what = "device"
	default:
		what = "special file"
	}
	return fmt.Errorf("it is a %s, and only regular files are read", what)
}

// OpenError names the file as it was asked for.
func OpenError(path string, err error) error {
	var known *fs.PathError
	if errors.As(err, &known) {
		err = known.Err
	}
	return &fs.PathError{Op: "open", Path: path, Err: err}
}
