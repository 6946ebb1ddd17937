//go:build linux

package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/containerd/containerd/v2/core/snapshots/storage"
	"github.com/containerd/errdefs"
)

// removeOrphans removes the directories of snapshots that no snapshot has. A
// snapshotter that is killed leaves one where it had moved a directory to its place
// and not noted it: the next snapshot gets the same number, and would find the place
// taken, in each try. It is called before the snapshotter opens dir.
func removeOrphans(dir string) error {
	entries, err := os.ReadDir(filepath.Join(dir, "snapshots"))
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	known, err := snapshotNumbers(filepath.Join(dir, "metadata.db"))
	if err != nil {
		return fmt.Errorf("cannot read which snapshots there are: %w", err)
	}
	for _, e := range entries {
		if _, ok := known[e.Name()]; ok {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, "snapshots", e.Name())); err != nil {
			return fmt.Errorf("cannot remove what is left of a snapshot: %w", err)
		}
	}
	return nil
}

// snapshotNumbers are the names of the directories of all snapshots that a database
// knows.
func snapshotNumbers(file string) (known map[string]string, err error) {
	if _, err := os.Stat(file); err != nil {
		return nil, err
	}
	store, err := storage.NewMetaStore(file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	err = store.WithTransaction(context.Background(), false, func(ctx context.Context) error {
		known, err = storage.IDMap(ctx)
		return err
	})
	if errdefs.IsNotFound(err) {
		err = nil // it has no snapshot yet
	}
	return known, err
}
