package exit

import (
	"context"
	"errors"
	"fmt"

	"bake/bake/submit/failure"
)

// Exit codes of bake. Scripts may rely on them.
const (
	OK          = 0   // everything that was asked for was done
	Build       = 1   // a build failed
	Usage       = 2   // the command line or the definition is wrong
	Check       = 3   // a check found something
	Entitlement = 4   // a build needs an entitlement that was not granted
	Unreachable = 5   // the builder or a registry cannot be reached
	Interrupted = 130 // a signal ended the run
)

// Codes is what help and the reference say about the constants above.
var Codes = []struct {
	Code    int
	Meaning string
}{
	{OK, "everything that was asked for was done"},
	{Build, "a build failed"},
	{Usage, "the command line or the definition is wrong"},
	{Check, "a check found something"},
	{Entitlement, "a build needs an entitlement that was not granted"},
	{Unreachable, "the builder or a registry cannot be reached"},
	{Interrupted, "a signal ended the run"},
}

// ErrInterrupted is the cause of a context that a signal has ended.
var ErrInterrupted = errors.New("interrupted")

// Error is an error that knows its exit code. Without an inner error,
// everything there is to say has been said.
type Error struct {
	Code  int
	Err   error
	Hint  string // what to do about it, whole sentences or commands; may be empty
	Label string // stands before it, "error" if empty
}

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// Usagef is an error in what the user typed.
func Usagef(format string, args ...any) *Error {
	return &Error{Code: Usage, Err: fmt.Errorf(format, args...)}
}

// WithHint says what to do about the error.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// Reported ends a run whose problems have been shown already.
func Reported(code int) error { return &Error{Code: code} }

// CodeOf is the exit code that an error stands for.
func CodeOf(err error) int {
	var own *Error
	var entitlement *failure.EntitlementError
	switch {
	case err == nil:
		return OK
	case errors.As(err, &own):
		return own.Code
	case errors.Is(err, ErrInterrupted), errors.Is(err, context.Canceled):
		return Interrupted
	case errors.As(err, &entitlement):
		return Entitlement
	case failure.Unreachable(err):
		return Unreachable
	}
	return Build
}
