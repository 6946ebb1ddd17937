//go:build unix

package host

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/sys/unix"

	"bake/tests/workspace"
)

// TestReadBelow reads what the engine would see of a directory, and nothing else.
func TestReadBelow(t *testing.T) {
	w := workspace.New(t, map[string]string{"secret": "outside", "ctx/file": "inside", "ctx/sub/other": "below"})
	ctx := &workspace.Dir{TB: t, Path: filepath.Join(w.Path, "ctx")}
	wrong := ctx.Special(MaxText)
	wrong["device"] = "leads out"
	for name, target := range map[string]string{
		"near": "file", "twice": "near", "deep": "sub/other", "sub/up": "../file", "dir": "sub", "lexical": "sub/../file",
		"out": "../secret", "absolute": filepath.Join(w.Path, "secret"), "chain": "out", "gone": "nothing", "above": "../../ctx/secret",
		"clamped": "../file", "rooted": "/sub/other", "inside": filepath.Join(w.Path, "ctx/file"),
	} {
		if err := os.Symlink(target, filepath.Join(ctx.Path, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"file": "inside", "near": "inside", "twice": "inside", "deep": "below", "sub/up": "inside", "dir/other": "below", "lexical": "inside",
		"clamped": "inside", "rooted": "below", // as to the engine, to which ctx is /
	} {
		data, err := workspace.Soon(t, func() ([]byte, error) { return ReadBelow(ctx.Path, name) })
		if err != nil || string(data) != want {
			t.Errorf("%s: got %q, %v", name, data, err)
		}
	}
	for _, name := range []string{"out", "absolute", "chain", "above", "inside"} {
		wrong[name] = "leads out of its directory"
	}
	wrong["gone"], wrong["none"] = "no such file", "no such file"
	for name, want := range wrong {
		_, err := workspace.Soon(t, func() ([]byte, error) { return ReadBelow(ctx.Path, name) })
		var at *fs.PathError
		if err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, &at) || at.Path != filepath.Join(ctx.Path, name) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
		if got := errors.Is(err, fs.ErrNotExist); got != (name == "gone" || name == "none") {
			t.Errorf("%s: not there is %v", name, got)
		}
	}
}

// TestReadRegular reads a regular file wherever it is.
func TestReadRegular(t *testing.T) {
	w := workspace.New(t, map[string]string{"file": "text"})
	wrong := w.Special(MaxText)
	wrong["device"], wrong["loop"] = "device", "too many levels"
	if err := os.Symlink(filepath.Join(w.Path, "file"), filepath.Join(w.Path, "link")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"file", "link"} {
		if data, err := ReadRegular(filepath.Join(w.Path, name)); err != nil || string(data) != "text" {
			t.Errorf("%s: got %q, %v", name, data, err)
		}
	}
	for name, want := range wrong {
		if _, err := workspace.Soon(t, func() ([]byte, error) { return ReadRegular(filepath.Join(w.Path, name)) }); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
	if _, err := ReadRegular(filepath.Join(w.Path, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of none: %v", err)
	}
}

// TestReadBounded reads a FIFO to its end, and no more of anything than the bound.
func TestReadBounded(t *testing.T) {
	w := workspace.New(t, nil)
	w.Special(MaxText)
	fifo := filepath.Join(w.Path, "fifo")
	if err := unix.Mkfifo(fifo, 0o644); err != nil {
		t.Fatal(err)
	}
	go func() { _ = os.WriteFile(fifo, []byte("text"), 0) }()
	if data, err := workspace.Soon(t, func() ([]byte, error) { return ReadBounded(fifo, MaxText) }); err != nil || string(data) != "text" {
		t.Errorf("FIFO: got %q, %v", data, err)
	}
	const bound = 500 << 10
	go func() { _ = os.WriteFile(fifo, make([]byte, bound+1), 0) }()
	if _, err := workspace.Soon(t, func() ([]byte, error) { return ReadBounded(fifo, bound) }); err == nil || !strings.Contains(err.Error(), "larger than 500KiB") {
		t.Errorf("FIFO of many bytes: got %v", err)
	}
}

// TestCheckRegular names what is no regular file.
func TestCheckRegular(t *testing.T) {
	for mode, want := range map[fs.FileMode]string{
		0: "", fs.ModeNamedPipe: "named pipe", fs.ModeSocket: "socket", fs.ModeDevice: "device", fs.ModeDevice | fs.ModeCharDevice: "device", fs.ModeDir: "directory",
	} {
		info, err := fs.Stat(fstest.MapFS{"x": {Mode: mode | 0o644}}, "x")
		if err != nil {
			t.Fatal(err)
		}
		if err := checkRegular(info); err == nil && want != "" || err != nil && (want == "" || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %s", mode, err, want)
		}
	}
}
