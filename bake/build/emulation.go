package build

import "errors"

// platformError is the failure of a command that ran on a platform.
type platformError struct {
	err            error
	wanted, native string
}

func (e *platformError) Error() string { return e.err.Error() }
func (e *platformError) Unwrap() error { return e.err }

// CommandPlatform tells for the failure of a command which platform it was to
// run on, and which its builder runs by nature: the same text if it runs both.
// Both are empty if err is about something else.
func CommandPlatform(err error) (wanted, native string) {
	if e := (*platformError)(nil); errors.As(err, &e) {
		return e.wanted, e.native
	}
	return "", ""
}
