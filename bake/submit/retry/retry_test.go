package retry

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"bake/bake/submit/progress"
)

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
			r := &Retrier{Retries: tc.retries, Show: progress.New(nil, nil, false)}
			tries := 0
			err := r.Do(t.Context(), "app", "push", func(context.Context) error {
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
	r := &Retrier{Retries: 3, Show: progress.New(nil, nil, false)}
	tries := 0
	_ = r.Do(ctx, "app", "push", func(context.Context) error {
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
