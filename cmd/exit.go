package cmd

import (
	"context"
	"errors"
	"fmt"

	"bake/bake/submit/failure"
)

// Exit codes of bake. Scripts may rely on them.
const (
	ExitOK          = 0   // everything that was asked for was done
	ExitBuild       = 1   // a build failed
	ExitUsage       = 2   // the command line or the definition is wrong
	ExitCheck       = 3   // a check found something
	ExitEntitlement = 4   // a build needs an entitlement that was not granted
	ExitUnreachable = 5   // the builder or a registry cannot be reached
	ExitInterrupted = 130 // a signal ended the run
)

// exitCodes is what help and the reference say about the constants above.
var exitCodes = []struct {
	Code    int
	Meaning string
}{
	{ExitOK, "everything that was asked for was done"},
	{ExitBuild, "a build failed"},
	{ExitUsage, "the command line or the definition is wrong"},
	{ExitCheck, "a check found something"},
	{ExitEntitlement, "a build needs an entitlement that was not granted"},
	{ExitUnreachable, "the builder or a registry cannot be reached"},
	{ExitInterrupted, "a signal ended the run"},
}

// errInterrupted is the cause of a context that a signal has ended.
var errInterrupted = errors.New("interrupted")

// exitError is an error that knows its exit code. Without an inner error,
// everything there is to say has been said.
type exitError struct {
	code  int
	err   error
	hint  string // what to do about it, whole sentences or commands; may be empty
	label string // stands before it, "error" if empty
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usageErrorf is an error in what the user typed.
func usageErrorf(format string, args ...any) *exitError {
	return &exitError{code: ExitUsage, err: fmt.Errorf(format, args...)}
}

// withHint says what to do about the error.
func (e *exitError) withHint(format string, args ...any) *exitError {
	e.hint = fmt.Sprintf(format, args...)
	return e
}

// reported ends a run whose problems have been shown already.
func reported(code int) error { return &exitError{code: code} }

// exitCode is the exit code that an error stands for.
func exitCode(err error) int {
	var own *exitError
	var entitlement *failure.EntitlementError
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &own):
		return own.code
	case errors.Is(err, errInterrupted), errors.Is(err, context.Canceled):
		return ExitInterrupted
	case errors.As(err, &entitlement):
		return ExitEntitlement
	case failure.Unreachable(err):
		return ExitUnreachable
	}
	return ExitBuild
}
