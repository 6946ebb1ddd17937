//go:build !unix

package terminal

import "os"

// readerGone is false where there is no signal for it.
func readerGone(*os.File) bool { return false }
