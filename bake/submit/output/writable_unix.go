//go:build unix

package output

import (
	"fmt"
	"path/filepath"

	"bake/bake/submit/host"

	"golang.org/x/sys/unix"
)

// checkWritable reports whether what does not exist yet, or is to be replaced,
// can be made: that is better known before the build than after it. dest is the
// path as the user wrote it.
func checkWritable(path, dest string) error {
	dir := host.Existing(filepath.Dir(path))
	if err := unix.Access(dir, unix.W_OK); err != nil {
		return fmt.Errorf("cannot write %s: the directory %s: %w", dest, dir, err)
	}
	return nil
}
