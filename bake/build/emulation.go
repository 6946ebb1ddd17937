package build

import (
	"errors"

	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// platformError is the failure of a command that ran on a platform.
type platformError struct {
	err            error
	wanted, native string
}

func (e *platformError) Error() string { return e.err.Error() }
func (e *platformError) Unwrap() error { return e.err }

// withPlatform adds to an error of a command of q which platform it ran on.
// Nothing is refused beforehand for its platform: a target that only copies
// builds anywhere, and what an emulator can do is not known.
func (q *request) withPlatform(err error) error {
	s := q.failedStep(err)
	if s == nil || s.platform == nil || q.node == nil {
		return err
	}
	p := platforms.Normalize(ocispecs.Platform{OS: s.platform.OS, Architecture: s.platform.Architecture, Variant: s.platform.Variant})
	e := &platformError{err: err, wanted: platforms.Format(p), native: platforms.Format(q.node.native)}
	if platforms.Only(q.node.native).Match(p) {
		e.native = e.wanted
	}
	return e
}

// CommandPlatform tells for the failure of a command which platform it was to
// run on, and which its builder runs by nature: the same text if it runs both.
// Both are empty if err is about something else.
func CommandPlatform(err error) (wanted, native string) {
	if e := (*platformError)(nil); errors.As(err, &e) {
		return e.wanted, e.native
	}
	return "", ""
}
