package runtime

import (
	"os"
	"path/filepath"
)

// Name is the base name of argv[0] under which the binary is the OCI runtime.
// The engine makes a link of this name to its own executable.
const Name = "bake-runc"

// Is reports whether this process was started as the OCI runtime, or as the
// first process of a container that the runtime is setting up. Then the
// process must not do anything but call [Main].
func Is() bool {
	return named() || initStage()
}

func named() bool {
	return len(os.Args) > 0 && filepath.Base(os.Args[0]) == Name
}

// initStage recognises libcontainer's second start of the same executable,
// already inside the container's namespaces. The variable is what keeps an
// ordinary "bake init" from being taken for it.
func initStage() bool {
	return len(os.Args) > 1 && os.Args[1] == "init" && os.Getenv("_LIBCONTAINER_INITPIPE") != ""
}
