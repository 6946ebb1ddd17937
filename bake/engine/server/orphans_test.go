//go:build linux

package server

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/containerd/containerd/v2/plugins/snapshots/native"
)

// What a killed snapshotter left at the place of the next snapshot does not keep the
// next one from being made, and what belongs to a snapshot stays.
func TestOrphans(t *testing.T) {
	for name, made := range map[string][]string{"after others": {"one", "two"}, "the first of all": nil} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			prepare(t, dir, made...)
			for _, left := range []string{"1", "3", "new-123"} {
				if err := os.MkdirAll(filepath.Join(dir, "snapshots", left, "etc"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := removeOrphans(dir); err != nil {
				t.Fatal(err)
			}
			prepare(t, dir, "next")
			left, err := os.ReadDir(filepath.Join(dir, "snapshots"))
			if err != nil || len(left) != len(made)+1 {
				t.Errorf("%d directories of %d snapshots, %v", len(left), len(made)+1, err)
			}
		})
	}
	if err := removeOrphans(filepath.Join(t.TempDir(), "new")); err != nil {
		t.Errorf("of no snapshotter yet: %v", err)
	}
}

// prepare makes snapshots in a directory that no snapshotter has open.
func prepare(t *testing.T, dir string, names ...string) {
	t.Helper()
	s, err := native.NewSnapshotter(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, name := range names {
		if _, err := s.Prepare(context.Background(), name, ""); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if len(names) == 0 { // the database is made with the first look at it
		if _, err := s.Stat(context.Background(), "none"); err == nil {
			t.Fatal("there is a snapshot of no name")
		}
	}
}
