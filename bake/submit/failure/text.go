package failure

import (
	"errors"
	"strings"
)

// missingFile is what BuildKit says before the path of a file that is missing.
var missingFile = Pattern(`^failed to compute cache key: failed to calculate checksum of ref \S+: `)

// Text is what went wrong, without the name of the target, which is known
// where this is told, and the words that every error of a solve begins with.
func Text(err error) string {
	if failure := (*TargetError)(nil); errors.As(err, &failure) {
		err = failure.Err
	}
	text := err.Error()
	for _, prefix := range []string{"failed to solve: ", "rpc error: code = Unknown desc = ", "error from sender: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return plainFetch(missingFile().ReplaceAllString(strings.TrimSpace(text), ""))
}

// FileMissing reports whether a step failed because it reads a file that is not
// there.
func FileMissing(err error) bool {
	text := err.Error()
	if i := strings.Index(text, "failed to compute cache key"); i >= 0 {
		text = text[i:]
	}
	return missingFile().MatchString(text)
}
