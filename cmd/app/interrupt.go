package app

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"bake/cmd/exit"
	"bake/cmd/terminal"
)

// grace is how long a run may take to end cleanly after a signal.
const grace = 1800 * time.Millisecond

// Interruptible returns a context that ends, with errInterrupted as its cause,
// at the first signal that asks the process to stop: Ctrl-C, a closed
// terminal, a termination, or a reader of our output that has gone. A second
// Ctrl-C, or a clean end that takes longer than the grace, ends the process at
// once. Only verbs that have something to clean up use it; the others die of
// the signal as any program does.
func (a *App) Interruptible(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case s := <-signals:
				if s == syscall.SIGPIPE && !a.unread() {
					continue
				}
				cancel(exit.ErrInterrupted)
				a.awaitEnd(signals, done)
			case <-done:
			}
			return
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel(nil)
	}
}

// unread reports whether a reader of our output has gone. A broken pipe alone
// does not tell: it may be any, such as the connection to an engine that ended.
func (a *App) unread() bool {
	for _, w := range []io.Writer{a.Out, a.Err} {
		if f, ok := terminal.File(w); ok && terminal.ReaderGone(f) {
			return true
		}
	}
	return false
}

// awaitEnd ends the process when it does not end by itself. Further hang-ups
// and broken pipes say nothing new.
func (a *App) awaitEnd(signals <-chan os.Signal, done <-chan struct{}) {
	late := time.After(grace)
	for {
		select {
		case <-done:
			return
		case s := <-signals:
			if s == syscall.SIGHUP || s == syscall.SIGPIPE {
				continue
			}
		case <-late:
			a.Note("the build did not end by itself in time; what it had not finished is left to the builder")
		}
		if a.LastWords != nil {
			a.LastWords()
		}
		os.Exit(exit.Interrupted)
	}
}

// InterruptedOr replaces what a cancelled build says by the reason for it.
func InterruptedOr(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), exit.ErrInterrupted) {
		return exit.ErrInterrupted
	}
	return err
}
