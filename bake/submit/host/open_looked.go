package host

import "os"

// openLooked opens a place after a look at it, which is all that can be done where
// the kernel does not look itself, or says that there is a link: those of Linux
// to what a process has open are no texts that could have been changed.
func openLooked(place string, flags int) (*os.File, error) {
	if err := Still(place); err != nil {
		return nil, err
	}
	return os.OpenFile(place, flags, 0)
}
