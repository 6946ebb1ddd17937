package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// lockName is the lock of stock BuildKit, so that a stock daemon and an engine
// never share a state directory.
const lockName = "buildkitd.lock"

// ensureDir makes the state directory with mode 0700. One that is there must
// belong to the caller; if others can look into it, it is closed, but only when
// it is empty or an engine's, so that a mistyped path does no harm.
func ensureDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return explainDir(dir, err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return explainDir(dir, err)
	}
	if uid := owner(info); uid != os.Geteuid() {
		return fmt.Errorf("the engine's state directory %s belongs to user %d, not to you (%d): it is not used; choose another with $%s",
			dir, uid, os.Geteuid(), EnvDir)
	}
	if info.Mode().Perm() == 0o700 {
		return nil
	}
	if !mayClose(dir) {
		return fmt.Errorf("%s is not empty and holds no engine: it is not used as its state directory; choose another with $%s", dir, EnvDir)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return explainDir(dir, err)
	}
	return nil
}

func mayClose(dir string) bool {
	if _, err := os.Lstat(filepath.Join(dir, lockName)); err == nil {
		return true
	}
	entries, err := os.ReadDir(dir)
	return err == nil && len(entries) == 0
}

// explainDir says why the state directory cannot be used and what to do.
func explainDir(dir string, err error) error {
	switch {
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("the engine's state directory %s is on a read-only file system: choose another with $%s", dir, EnvDir)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("the engine's state directory %s cannot be written: choose another with $%s: %w", dir, EnvDir, err)
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("no space is left on the disk of the engine's state directory %s: free some, or choose another with $%s", dir, EnvDir)
	}
	return fmt.Errorf("the engine's state directory %s cannot be used: %w", dir, err)
}

// noteSocket writes into the lock file where the engine that holds it listens.
func noteSocket(lock *os.File, path string) error {
	if err := lock.Truncate(0); err != nil {
		return fmt.Errorf("cannot note the socket: %w", err)
	}
	if _, err := lock.WriteAt([]byte(path+"\n"), 0); err != nil {
		return fmt.Errorf("cannot note the socket: %w", err)
	}
	return nil
}

// notedSocket is where the last engine of dir listened, empty if that is not
// known.
func notedSocket(dir string) string {
	data, err := os.ReadFile(filepath.Join(dir, lockName))
	path := strings.TrimSpace(string(data))
	if err != nil || !filepath.IsAbs(path) || len(path) > maxSocketPath {
		return ""
	}
	return path
}

// errLocked means that another process owns the state directory.
var errLocked = errors.New("the state directory is in use by another engine")

// lockDir takes the lock of the state directory; closing the file gives it back.
// The lock is the kernel's: it ends with the process that holds it, and the file
// itself means nothing.
func lockDir(dir string) (*os.File, error) { return lockFile(dir, os.O_CREATE) }

// lockFile is lockDir with more flags for opening the file. Without O_CREATE,
// the error is fs.ErrNotExist if there never was an engine.
func lockFile(dir string, flags int) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|flags, 0o600)
	if err != nil {
		return nil, explainDir(dir, err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return f, nil
	}
	f.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, errLocked
	}
	return nil, explainDir(dir, err)
}
