//go:build !linux

package rootless

import (
	"errors"
	"os"
	"os/exec"
)

var errUnsupported = errors.New("user namespaces exist on Linux only")

// Needed reports whether this process must use a user namespace.
func Needed() bool { return false }

// Inside describes the namespace this process was started in, if it was.
func Inside() (Info, bool) { return Info{}, false }

// Check names what the host lacks.
func Check() []Problem {
	return []Problem{{What: errUnsupported.Error(), Fix: "use a builder on a Linux machine", Fatal: true}}
}

// Start starts cmd in a user namespace.
func Start(*exec.Cmd, Options) (note string, err error) { return "", errUnsupported }

// Run runs cmd in a user namespace to its end.
func Run(*exec.Cmd, Options, func(note string)) error { return errUnsupported }

// RemoveAll removes a directory with everything in it.
func RemoveAll(dir string) error { return os.RemoveAll(dir) }
