package terminal

import (
	"io"
	"math"
	"os"
	"strconv"

	"golang.org/x/term"

	"bake/bake"
)

// DefaultWidth is the number of columns when there is no terminal to ask.
const DefaultWidth = 80

// Streams are the three standard streams and what is known about them.
type Streams struct {
	In  io.Reader
	Out io.Writer // data
	Err io.Writer // talk

	Interactive bool // in and err are terminals: a person can be asked
	Terminal    bool // err is a terminal
	Color       bool // err may be coloured
	Width       int  // columns of err; 0 asks the terminal, if it is one
}

// System are the streams of the process. NO_COLOR, when not empty, and
// TERM=dumb turn colours off. COLUMNS is the width where there is no terminal.
func System(env bake.Env) Streams {
	s := Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
	s.Terminal = term.IsTerminal(int(os.Stderr.Fd()))
	s.Interactive = s.Terminal && term.IsTerminal(int(os.Stdin.Fd()))
	if !s.Terminal {
		s.Width, _ = strconv.Atoi(env["COLUMNS"])
	}
	s.Color = s.Terminal && env["NO_COLOR"] == "" && env["TERM"] != "dumb"
	return s
}

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

// The ANSI styles in use. Their names say what they are for.
const (
	StyleError   = "\x1b[1;31m"
	StyleWarning = "\x1b[1;33m"
	StyleGood    = "\x1b[32m"
	StyleMark    = "\x1b[1;36m"
	StyleFaint   = "\x1b[2m"
	StyleBold    = "\x1b[1m"
	styleReset   = "\x1b[0m"
)

// Paint puts a style around text where colours are wanted.
func (s Streams) Paint(style, text string) string {
	if !s.Color || text == "" {
		return text
	}
	return style + text + styleReset
}
