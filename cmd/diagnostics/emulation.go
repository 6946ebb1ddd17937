package diagnostics

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"bake/bake/submit/failure"
)

// foreignProgram is how the kernel says that it cannot run a program, in the
// words of the runtime or of a shell.
var foreignProgram = regexp.MustCompile(`(?i)\bexec format error\b`)

// emulationHint is what to do when a command could not be run for its format.
func emulationHint(err error) string {
	wanted, native := failure.CommandPlatform(err)
	if wanted == native {
		return "The kernel does not know the format of this program. It may be built for another platform than " +
			cmp.Or(wanted, "that of the builder") + ", or be a script that does not begin with #!."
	}
	_, arch, _ := strings.Cut(wanted, "/")
	arch, _, _ = strings.Cut(arch, "/")
	return fmt.Sprintf(`This step runs programs for %[1]s, and the builder runs %[2]s without an emulator for them. Install one where the builder runs, by one of

  docker run --privileged --rm tonistiigi/binfmt --install %[3]s
  apt-get install qemu-user-static binfmt-support

or let the step run on the builder's own platform and compile for $TARGETPLATFORM: its stage then begins with FROM --platform=$BUILDPLATFORM. Stages that only copy need neither.`, wanted, native, arch)
}
