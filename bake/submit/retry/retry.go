package retry

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
	"unicode/utf8"

	"bake/bake/submit/failure"
	"bake/bake/submit/progress"
)

// How long to wait before something is tried again: the first time, and at
// most. In between it doubles.
const (
	firstWait = time.Second
	maxWait   = 30 * time.Second
)

// Retrier tries again what failed for a reason that may pass.
type Retrier struct {
	Retries int               // at most
	Show    *progress.Tracker // where each retry is told
}

// Do calls it until it succeeds, fails for a reason that will not pass by
// itself, or was retried as often as may be. Every retry is told as progress of
// a target, with what failed: "push", "loading". It is for anything that talks
// to a registry and may be done twice.
func (r *Retrier) Do(ctx context.Context, target, what string, it func(context.Context) error) error {
	for n := 1; ; n++ {
		err := it(ctx)
		if err == nil || ctx.Err() != nil || !failure.Transient(err) {
			return err
		}
		if n > r.Retries {
			return Exhausted(err, n)
		}
		if r.Pause(ctx, target, what, n, err) != nil {
			return err
		}
	}
}

// Pause waits before the nth retry and tells so. It returns an error if ctx
// ended meanwhile.
func (r *Retrier) Pause(ctx context.Context, target, what string, n int, err error) error {
	wait := waitBefore(n, err)
	done := r.Show.Say(target, fmt.Sprintf("%s failed (%s), retrying in %s, %d of %d",
		what, brief(err), wait.Round(100*time.Millisecond), n, r.Retries))
	defer done()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// waitBefore is how long to wait before the nth retry: about twice as long each
// time, so that many clients of a busy registry spread, and at least as long as
// the registry asked for.
func waitBefore(n int, err error) time.Duration {
	wait := min(firstWait<<min(n-1, 16), maxWait)
	wait = wait*3/4 + rand.N(wait/2)
	return max(wait, min(failure.Asked(err), maxWait))
}

// TriedError is a failure that did not pass.
type TriedError struct {
	err   error
	Times int
}

func (e *TriedError) Error() string { return fmt.Sprintf("%v (tried %d times)", e.err, e.Times) }
func (e *TriedError) Unwrap() error { return e.err }

// Exhausted says of err how often was tried, if more than once.
func Exhausted(err error, times int) error {
	if times < 2 {
		return err
	}
	return &TriedError{err, times}
}

// maxBrief is how much of an error a line of progress has room for.
const maxBrief = 100

// brief is the end of an error, where its cause is.
func brief(err error) string {
	text := err.Error()
	if status := failure.TransientStatus().FindString(text); status != "" {
		at := strings.Index(text, status) + len(status) - len("503")
		text = text[at:]
		if end := strings.IndexAny(text, ":,)(\n"); end > 0 {
			text = text[:end]
		}
	}
	text = strings.Join(strings.Fields(text), " ")
	if cut := len(text) - maxBrief; cut > 0 {
		for !utf8.RuneStart(text[cut]) {
			cut++
		}
		text = "…" + text[cut:]
	}
	return text
}
