package runtime

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// Install makes the runtime a program in dir, and returns its path. If the
// build embeds the small program, that is written, once; else, or if programs
// in dir cannot be executed, it is a link to the executable of this process,
// good as long as this process lives, even if the file is replaced meanwhile.
func Install(dir string) (string, error) {
	if !Available() {
		return "", errors.New("this build has no OCI runtime: install runc, or build bake on Linux with CGO_ENABLED=1 and a C compiler")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	if len(embedded) > 0 && executable(dir) {
		return unpack(dir, embedded)
	}
	path := filepath.Join(dir, Name)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return path, os.Symlink(filepath.Join("/proc", strconv.Itoa(os.Getpid()), "exe"), path)
}

// unpack writes the program that data holds to a file with its checksum in the
// name, so a file that is there is the right one, and is left alone.
func unpack(dir string, data []byte) (string, error) {
	if len(data) < 4 {
		return "", errors.New("the embedded runtime is cut off")
	}
	sum := sha256.Sum256(data)
	path := filepath.Join(dir, Name+"-"+hex.EncodeToString(sum[:8]))
	// A machine that lost power can have the name without the content.
	size := int64(binary.LittleEndian.Uint32(data[len(data)-4:]))
	if info, err := os.Stat(path); err == nil && info.Size() == size {
		return path, nil
	}
	old, err := filepath.Glob(filepath.Join(dir, Name+"*"))
	if err != nil {
		return "", err
	}
	if err := write(path, data); err != nil {
		return "", fmt.Errorf("unpacking the OCI runtime: %w", err)
	}
	for _, p := range old {
		if p != path {
			os.Remove(p) // one that is left takes space, no more
		}
	}
	return path, nil
}

// write makes the file appear whole.
func write(path string, data []byte) (err error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".runtime")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = io.Copy(f, r)
	if err = errors.Join(err, f.Chmod(0o755), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
