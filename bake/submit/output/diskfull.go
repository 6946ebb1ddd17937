package output

import (
	"errors"
	"fmt"
	"strings"

	"bake/bake/submit/failure"
)

// fullError says that an output could not be written because its disk is full.
type fullError struct {
	path string
	err  error
}

func (e *fullError) Error() string {
	return fmt.Sprintf("write %s: no space left on device (%v)", e.path, e.err)
}

func (e *fullError) Unwrap() error { return e.err }

// receiverFull is how the client says, by way of the engine, that it could not
// store what it was sent.
var receiverFull = failure.Pattern(`code = ResourceExhausted desc = .*no space left on device`)

// Full reports whether a build failed because the disk of an output is
// full: the user's, not the engine's.
func Full(err error) bool {
	var full *fullError
	return errors.As(err, &full) || err != nil && receiverFull().MatchString(err.Error())
}

// saysFull reports whether the error tells so itself. What did not fit may be
// gone by now.
func saysFull(err error, path string) bool {
	text := err.Error()
	return strings.Contains(text, "no space left on device") && strings.Contains(text, path)
}
