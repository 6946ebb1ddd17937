package build

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
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
var receiverFull = pattern(`code = ResourceExhausted desc = .*no space left on device`)

// OutputFull reports whether a build failed because the disk of an output is
// full: the user's, not the engine's.
func OutputFull(err error) bool {
	var full *fullError
	return errors.As(err, &full) || err != nil && receiverFull().MatchString(err.Error())
}

// blameDisk finds the output whose disk is full when a job failed. What the
// client library says of a failed transfer is sometimes only that it ended.
func (q *request) blameDisk(err error) error {
	for _, e := range q.exports {
		path := e.OutputDir
		if e.file != nil {
			path = e.file.path
		}
		if e.layout != nil {
			path = e.layout.dir
		}
		if path != "" && (diskFull(existing(path)) || saysFull(err, path)) {
			return &fullError{path, err}
		}
	}
	return err
}

// saysFull reports whether the error tells so itself. What did not fit may be
// gone by now.
func saysFull(err error, path string) bool {
	text := err.Error()
	return strings.Contains(text, "no space left on device") && strings.Contains(text, path)
}

// existing is the path itself or the nearest directory above that exists.
func existing(path string) string {
	for {
		if real, err := filepath.EvalSymlinks(path); err == nil || filepath.Dir(path) == path {
			return real
		}
		path = filepath.Dir(path)
	}
}
