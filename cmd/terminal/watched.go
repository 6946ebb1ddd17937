package terminal

import (
	"io"
	"os"
	"sync"
)

// Watched is a writer that remembers the first error of writing to it: a program
// that prints to a full disk must not end as if all were well.
type Watched struct {
	W io.Writer

	mu  sync.Mutex
	err error
}

// Write implements io.Writer.
func (w *Watched) Write(p []byte) (int, error) {
	n, err := w.W.Write(p)
	if err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.err == nil {
			w.err = err
		}
	}
	return n, err
}

// Err is the first error.
func (w *Watched) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Unwrap is the writer that is watched.
func (w *Watched) Unwrap() io.Writer { return w.W }

// File is the file that a writer writes to in the end, if it is one.
func File(w io.Writer) (*os.File, bool) {
	for {
		switch at := w.(type) {
		case *os.File:
			return at, true
		case interface{ Unwrap() io.Writer }:
			w = at.Unwrap()
		default:
			return nil, false
		}
	}
}
