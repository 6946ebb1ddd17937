package failure

import (
	"errors"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// LostError says that a builder that had answered went away.
type LostError struct {
	Builder string // in words
	Err     error
}

func (e *LostError) Error() string {
	return "the connection to " + e.Builder + " was lost: it ended or was stopped"
}

func (e *LostError) Unwrap() error { return e.Err }

// Lost reports whether err means that the builder went away during the build.
func Lost(err error) bool {
	var lost *LostError
	return errors.As(err, &lost)
}

// lostTexts are how the connection to a builder, rather than the builder's own
// connection to a registry, says that it ended. The last is what a proxy makes
// of a builder that is no longer behind it.
var lostTexts = []string{
	"error reading from server", "transport is closing", "closing transport", "connection error", "goaway", "client connection is closing",
	"connection is draining", "unexpected HTTP status code received from server",
}

// DialText is how a connection that could not be made begins, among lostTexts.
const DialText = "Error while dialing"

// Ended reports whether err, of a call to a builder, tells that the connection to
// it ended: it went away, or it was not there.
func Ended(err error) bool { return err != nil && (Lost(err) || ConnectionEnded(err)) }

// ConnectionEnded reports whether err tells that a connection to a builder ended
// or could not be made.
func ConnectionEnded(err error) bool {
	return (errdefs.IsUnavailable(err) || hasStatus(err, codes.Unavailable)) && endText(err)
}

// hasStatus reports whether err, or one of those that it joins, came with a code.
func hasStatus(err error, code codes.Code) bool {
	if s, ok := err.(interface{ GRPCStatus() *status.Status }); ok && s.GRPCStatus().Code() == code {
		return true
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return hasStatus(e.Unwrap(), code)
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(e.Unwrap(), func(err error) bool { return hasStatus(err, code) })
	}
	return false
}

// endText reports whether err has one of the lostTexts.
func endText(err error) bool {
	text := err.Error()
	return slices.ContainsFunc(lostTexts, func(t string) bool { return strings.Contains(text, t) })
}
