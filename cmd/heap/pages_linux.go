package heap

import "golang.org/x/sys/unix"

// largePages asks for large pages for memory that was not touched yet.
func largePages(room []byte) {
	_ = unix.Madvise(room, unix.MADV_HUGEPAGE) // a system may not have any
}
