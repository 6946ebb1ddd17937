package build

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
		if got := transient(errors.New(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	if transient((&node{}).lost(errors.New("connection reset by peer"))) {
		t.Error("a lost builder passes")
	}
	if transient(fmt.Errorf("x: %w", context.DeadlineExceeded)) {
		t.Error("the end of a context passes")
	}
	if !transient(&net.DNSError{IsTemporary: true}) || transient(&net.DNSError{IsNotFound: true}) {
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
		if got := asked(errors.New(text)); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestWaitBefore(t *testing.T) {
	for n, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 6: maxWait, 99: maxWait} {
		for range 20 {
			if got := waitBefore(n, errors.New("503")); got < want*3/4 || got > want*5/4 {
				t.Errorf("before retry %d: %s", n, got)
			}
		}
	}
	if got := waitBefore(1, errors.New("retry-after: 7s")); got != 7*time.Second {
		t.Errorf("asked for 7s, waits %s", got)
	}
	if got := waitBefore(1, errors.New("retry-after: 7h")); got != maxWait {
		t.Errorf("asked for 7h, waits %s", got)
	}
}

// A run tries again as often as it was told, and only what may pass.
func TestRetry(t *testing.T) {
	again := errors.New("retry-after: 1ms; toomanyrequests")
	for _, tc := range []struct {
		retries int
		errs    []error
		tries   int
		outcome string
	}{
		{3, nil, 1, ""},
		{3, []error{errors.New("denied")}, 1, "denied"},
		{0, []error{again}, 1, again.Error()},
		{1, []error{again}, 2, ""},
		{1, []error{again, errors.New("denied")}, 2, "denied"},
		{1, []error{again, again}, 2, again.Error() + " (tried 2 times)"},
	} {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			r := &retrier{retries: tc.retries, show: newProgress(nil, nil, false)}
			tries := 0
			err := r.do(t.Context(), "app", "push", func(context.Context) error {
				tries++
				if tries <= len(tc.errs) {
					return tc.errs[tries-1]
				}
				return nil
			})
			if tries != tc.tries || fmt.Sprint(err) != tc.outcome && (err != nil || tc.outcome != "") {
				t.Errorf("%d tries, %v; want %d, %s", tries, err, tc.tries, tc.outcome)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := &retrier{retries: 3, show: newProgress(nil, nil, false)}
	tries := 0
	_ = r.do(ctx, "app", "push", func(context.Context) error {
		tries++
		cancel()
		return again
	})
	if tries != 1 {
		t.Errorf("%d tries after the end of the run", tries)
	}
}

func TestBrief(t *testing.T) {
	for text, want := range map[string]string{
		"failed to push r/a:1: unexpected status from PUT request to http://r/v2/a/manifests/1: 503 Service Unavailable: x": "503 Service Unavailable",
		"dial tcp 127.0.0.1:1: connect: connection refused":                                                                 "dial tcp 127.0.0.1:1: connect: connection refused",
	} {
		if got := brief(errors.New(text)); got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
}
