package failure

import "errors"

// PlatformError is the failure of a command that ran on a platform.
type PlatformError struct {
	Err            error
	Wanted, Native string
}

func (e *PlatformError) Error() string { return e.Err.Error() }
func (e *PlatformError) Unwrap() error { return e.Err }

// CommandPlatform tells for the failure of a command which platform it was to
// run on, and which its builder runs by nature: the same text if it runs both.
// Both are empty if err is about something else.
func CommandPlatform(err error) (wanted, native string) {
	if e := (*PlatformError)(nil); errors.As(err, &e) {
		return e.Wanted, e.Native
	}
	return "", ""
}
