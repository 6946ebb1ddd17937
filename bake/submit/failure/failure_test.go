package failure

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"
)

func TestUnreachable(t *testing.T) {
	for err, want := range map[error]bool{
		nil:                                     false,
		errors.New("anything"):                  false,
		&UnreachableError{Err: errors.New("x")}: true,
		fmt.Errorf("x: %w", &net.OpError{Op: "dial", Err: syscall.ENOENT}): true,
		errors.New("failed to do request: dial tcp 1.2.3.4: i/o timeout"):  true,
		errors.New("push: Put http://x: dial tcp: connection refused"):     true,
		errors.New("process did not complete successfully: i/o timeout"):   false,
		fmt.Errorf("stopped: %w", context.Canceled):                        false,
	} {
		if Unreachable(err) != want {
			t.Errorf("Unreachable(%v) is %v", err, !want)
		}
	}
}
