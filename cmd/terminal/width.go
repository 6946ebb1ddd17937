package terminal

import (
	"math"
	"os"

	"golang.org/x/term"
)

// DefaultWidth is the number of columns when there is no terminal to ask.
const DefaultWidth = 80

// Columns is the width of the error stream now: a terminal may change it.
func (s Streams) Columns() int {
	if s.Width > 0 {
		return s.Width
	}
	if f, ok := s.Err.(*os.File); ok && s.Terminal {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return DefaultWidth
}

// maxTextWidth keeps prose readable on wide terminals.
const maxTextWidth = 100

// Prose is the width at which sentences are broken. In a log they stay whole:
// programs look for them line by line.
func (s Streams) Prose() int {
	if !s.Terminal && s.Width <= 0 {
		return math.MaxInt
	}
	return min(s.Columns(), maxTextWidth)
}
