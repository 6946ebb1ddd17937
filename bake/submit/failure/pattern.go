package failure

import (
	"regexp"
	"sync"
)

// Pattern compiles a regular expression when it is first used. Most look for the
// words of failures, and compiling all of them took longer than planning a build.
func Pattern(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
