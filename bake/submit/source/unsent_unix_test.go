//go:build unix

package source

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestVanishingFile has files go away while their directory is listed: those that
// come after them are listed all the same.
func TestVanishingFile(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "c/x", "d"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := OpenDir(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	err = tree.Walk(context.Background(), "/", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if _, err := d.Info(); err != nil {
			return err
		}
		if name == "a" {
			if err := errors.Join(os.Remove(filepath.Join(dir, "b")), os.RemoveAll(filepath.Join(dir, "c"))); err != nil {
				t.Fatal(err)
			}
		}
		names = append(names, name)
		return nil
	})
	if got := strings.Join(names, " "); err != nil || got != "a d" {
		t.Errorf("listed %s, %v", got, err)
	}
}

// TestUnreadableFile opens what is no longer the file that was listed.
func TestUnreadableFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "directory"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	tree, err := OpenDir(dir, func(name string) string { return "the rule of " + name })
	if err != nil {
		t.Fatal(err)
	}
	for name, why := range map[string]string{
		"missing": "no such file", "directory": "is a directory", "pipe": "named pipe", "link": "link",
	} {
		f, err := tree.Open(name)
		var unsent *UnsentError
		if !errors.As(err, &unsent) {
			t.Errorf("%s: %v, %v", name, f, err)
			continue
		}
		for _, part := range []string{name, dir, why, "the rule of " + name} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q lacks %q", name, err, part)
			}
		}
	}
}
