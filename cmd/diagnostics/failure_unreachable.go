package diagnostics

import (
	"regexp"
	"strings"

	"bake/bake/submit/failure"
)

// unknownHost is how a name is told of that nobody knows, by Go and by git.
var unknownHost = regexp.MustCompile(`no such host|Could not resolve host`)

// unreachableHint is what to do about a builder or a registry that cannot be
// reached. Trying again is only worth it where the reason may pass by itself: not
// for a name that does not exist, or an engine that cannot start.
func unreachableHint(err error) string {
	switch {
	case failure.Lost(err):
		return "Building again goes on where it ended: finished steps are cached."
	case failure.Passing(err) && failure.OfBuilder(err):
		return "Trying again may help, if the builder is busy or about to start."
	case failure.Passing(err):
		return "Trying again may help; bake does not need to start over, finished steps are cached."
	case unknownHost.MatchString(strings.ReplaceAll(err.Error(), "\n", " ")):
		return "Nobody knows the name of this host: check how it is written, and which names the machine of the builder can look up."
	}
	return ""
}
