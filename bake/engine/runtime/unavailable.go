//go:build !linux || !cgo

package runtime

import (
	"fmt"
	"os"
	goruntime "runtime"
)

// Available reports whether the OCI runtime is part of this build.
func Available() bool { return false }

// SeccompEnabled reports whether seccomp profiles are applied to containers.
func SeccompEnabled() bool { return false }

// Main takes the place of main when [Is] says so. In this build it says why
// there is no runtime, and exits with status 1.
func Main() {
	fmt.Fprintln(os.Stderr, Name+": "+why())
	os.Exit(1)
}

func why() string {
	if goruntime.GOOS != "linux" {
		return "containers need Linux, this is " + goruntime.GOOS
	}
	return "this bake was built without cgo, which its OCI runtime needs: " +
		"build it with CGO_ENABLED=1 and a C compiler, or install runc and let the engine use that"
}
