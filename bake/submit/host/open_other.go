//go:build !linux

package host

import (
	"cmp"
	"io/fs"
	"os"
)

func openStill(place string, flags int) (*os.File, error) { return openLooked(place, flags) }

// same is an error unless what was opened is what stands at a place.
func same(place string, opened fs.FileInfo) error {
	there, err := os.Lstat(place)
	if err == nil && !os.SameFile(opened, there) {
		err = &MovedError{place}
	}
	return cmp.Or(err, Still(place))
}
