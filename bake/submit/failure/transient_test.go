package failure

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"
)

func TestTransient(t *testing.T) {
	for text, want := range map[string]bool{
		"failed to solve: failed to push r/a:1: unexpected status from PUT request to http://r/v2/a/manifests/1: 503 Service Unavailable": true,
		"unexpected status from HEAD request to http://r/v2/a/manifests/1: 429 Too Many Requests":                                         true,
		"unexpected status from PUT request to http://r/v2/a/manifests/1: 500 Internal Server Error":                                      true,
		"fatal: unable to access 'http://h/a.git/': The requested URL returned error: 502":                                                true,
		"invalid response status 504": true,
		"failed to do request: Head \"http://r/v2/\": dial tcp 127.0.0.1:1: connect: connection refused":                                        true,
		"failed to do request: Put \"http://r/v2/\": EOF":                                                                                       true,
		"read tcp 127.0.0.1:2->127.0.0.1:1: read: connection reset by peer":                                                                     true,
		"net/http: TLS handshake timeout":                                                                                                       true,
		"dial tcp: lookup r.example on 127.0.0.53:53: server misbehaving":                                                                       true,
		"toomanyrequests: retry-after: 3.5ms, allowed: 44000/minute":                                                                            true,
		`failed commit on ref "layer-sha256:ab": unexpected commit digest sha256:cd, expected sha256:ab: failed precondition`:                   true,
		"failed to push r/a:1: errors:\nunknown: provided digest did not match uploaded content\nunknown: blob unknown to registry - sha256:4f": true,
		"failed to push r/a:1: unknown: provided digest did not match uploaded content":                                                         true,

		"unexpected status from HEAD request to http://r/v2/a/manifests/503: 401 Unauthorized":                                     false,
		"unexpected status from PUT request to http://r/v2/a/manifests/1: 403 Forbidden":                                           false,
		"failed to resolve source metadata for r/a:503: r/a:503: not found":                                                        false,
		"dial tcp: lookup r.example on 127.0.0.53:53: no such host":                                                                false,
		"process \"/bin/sh -c curl http://h || echo connection refused\" did not complete successfully: exit code: 7":              false,
		"failed to read: archive/tar: unexpected EOF":                                                                              false,
		"Canceled: failed to resolve source metadata for base: failed to copy: rpc error: code = Canceled desc = context canceled": true,
		"error reading from server: EOF: context canceled":                                                                         false,
		"dockerfile parse error on line 500: unknown instruction: COYP":                                                            false,
	} {
		if got := Transient(errors.New(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	if Transient(&LostError{Err: errors.New("connection reset by peer")}) {
		t.Error("a lost builder passes")
	}
	if Transient(fmt.Errorf("x: %w", context.DeadlineExceeded)) {
		t.Error("the end of a context passes")
	}
	if !Transient(&net.DNSError{IsTemporary: true}) || Transient(&net.DNSError{IsNotFound: true}) {
		t.Error("DNS errors are taken for each other")
	}
}

func TestAsked(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"toomanyrequests: retry-after: 603.5ms, allowed: 44000/minute":      603500 * time.Microsecond,
		"unknown: busy (HTTP status 429 Too Many Requests, retry after: 3)": 3 * time.Second,
		"Retry-After: 12":       12 * time.Second,
		"retry after 2 s":       2 * time.Second,
		"503":                   0,
		"retry-after: tomorrow": 0,
		"retry-after: 1.2.3":    0,
	} {
		if got := Asked(errors.New(text)); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
