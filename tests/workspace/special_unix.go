//go:build unix

package workspace

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Soon fails if f does not end.
func Soon[T any](t *testing.T, f func() (T, error)) (T, error) {
	t.Helper()
	type result struct {
		val T
		err error
	}
	done := make(chan result, 1)
	go func() {
		val, err := f()
		done <- result{val, err}
	}()
	select {
	case r := <-done:
		return r.val, r.err
	case <-time.After(20 * time.Second):
		t.Fatal("does not end")
		panic("unreachable")
	}
}

// Special makes what is no regular file, each below its name, and a file of
// a byte more than bound.
func (w *Dir) Special(bound int64) map[string]string {
	w.Helper()
	at := func(name string) string { return filepath.Join(w.Path, name) }
	must := func(err error) {
		w.Helper()
		if err != nil {
			w.Fatal(err)
		}
	}
	must(os.Mkdir(at("directory"), 0o755))
	must(os.Symlink("socket", at("link-to-socket")))
	must(os.Symlink("loop", at("loop")))
	must(os.Symlink(os.DevNull, at("device")))
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: at("socket"), Net: "unix"})
	must(err)
	w.Cleanup(func() { l.Close() })
	must(os.WriteFile(at("large"), nil, 0o644))
	must(os.Truncate(at("large"), bound+1))
	return map[string]string{
		"link-to-socket": "socket", "directory": "is a directory", "loop": "too many levels",
		"socket": "socket", "large": "larger than 16MiB",
	}
}
