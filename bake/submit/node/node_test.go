package node

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"bake/bake/submit/failure"

	"github.com/containerd/errdefs"
	"github.com/containerd/errdefs/pkg/errgrpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestLostConnection(t *testing.T) {
	n := &Node{Embedded: true}
	for text, want := range map[string]bool{
		"error reading from server: EOF":                                      true,
		`closing transport due to: received goaway "graceful_stop"`:           true,
		"unexpected HTTP status code received from server: 502 (Bad Gateway)": true, // of a proxy
		"registry answered 503":                                               false,
	} {
		err := n.Recognise(status.Error(codes.Unavailable, text))
		if failure.Lost(err) != want || !failure.Unreachable(err) {
			t.Errorf("Lost(%v) is %v", err, !want)
		}
		if failure.OfBuilder(err) != want {
			t.Errorf("%v: is of the builder: %v", err, !want)
		}
	}
	if err := n.Recognise(status.Error(codes.Unknown, "error reading from server: EOF")); failure.Lost(err) {
		t.Error("an error that a step reports counts as a lost connection")
	}
}

// An error may be joined to others, or have been through containerd's words for it.
func TestLostAmongOthers(t *testing.T) {
	eof := status.Error(codes.Unavailable, "error reading from server: EOF")
	for _, err := range []error{
		fmt.Errorf("cannot read: %w", eof),
		errors.Join(status.Error(codes.NotFound, "no such file"), fmt.Errorf("and: %w", eof)),
		fmt.Errorf("cannot read: %w", errgrpc.ToNative(eof)),
	} {
		if !failure.Lost((&Node{}).Recognise(err)) {
			t.Errorf("%v is not taken for a lost connection", err)
		}
	}
	for _, err := range []error{nil, errors.Join(status.Error(codes.NotFound, "connection error")), errdefs.ErrUnavailable} {
		if failure.Lost((&Node{}).Recognise(err)) {
			t.Errorf("%v is taken for a lost connection", err)
		}
	}
}

// A builder that never answered is not lost: the error tells why it did not.
func TestUnanswered(t *testing.T) {
	n := &Node{}
	n.Builder = "b"
	refused := status.Error(codes.Unavailable, `connection error: desc = "transport: Error while dialing: connection refused"`)
	for _, tt := range []struct {
		err  error
		lost bool
	}{{refused, false}, {status.Error(codes.Unavailable, "error reading from server: EOF"), true}, {status.Error(codes.Unimplemented, "no"), false}} {
		if err := n.unanswered("a lot", tt.err); failure.Lost(err) != tt.lost || !failure.Unreachable(err) || !tt.lost && !strings.Contains(err.Error(), tt.err.Error()) {
			t.Errorf("%v becomes %v", tt.err, err)
		}
	}
}
