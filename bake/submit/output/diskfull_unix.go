//go:build linux || darwin

package output

import "golang.org/x/sys/unix"

// almostFull is how little a disk has left when a write to it has failed for
// want of space: less than the blocks of one transfer.
const almostFull = 64 << 10

// diskFull reports whether the disk that holds path has no room for anybody. A
// file system like /proc has no blocks at all and is never full.
func diskFull(path string) bool {
	var st unix.Statfs_t
	return unix.Statfs(path, &st) == nil && st.Blocks > 0 && uint64(st.Bavail)*uint64(st.Bsize) < almostFull
}
