//go:build unix

package source

import (
	"os"
	"syscall"
)

// inode returns the number of the file behind path, 0 if there is none.
func inode(path string) uint64 {
	fi, err := os.Stat(path)
	if err != nil {
		return 0
	}
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Ino)
	}
	return 0
}
