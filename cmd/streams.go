package cmd

import (
	"io"
	"math"
	"os"
	"strconv"

	"golang.org/x/term"

	"bake/bake"
)

// defaultWidth is the number of columns when there is no terminal to ask.
const defaultWidth = 80

// streams are the three standard streams and what is known about them.
type streams struct {
	in  io.Reader
	out io.Writer // data
	err io.Writer // talk

	interactive bool // in and err are terminals: a person can be asked
	terminal    bool // err is a terminal
	color       bool // err may be coloured
	width       int  // columns of err; 0 asks the terminal, if it is one
}

// systemStreams are the streams of the process. NO_COLOR, when not empty, and
// TERM=dumb turn colours off. COLUMNS is the width where there is no terminal.
func systemStreams(env bake.Env) streams {
	s := streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	s.terminal = term.IsTerminal(int(os.Stderr.Fd()))
	s.interactive = s.terminal && term.IsTerminal(int(os.Stdin.Fd()))
	if !s.terminal {
		s.width, _ = strconv.Atoi(env["COLUMNS"])
	}
	s.color = s.terminal && env["NO_COLOR"] == "" && env["TERM"] != "dumb"
	return s
}

// columns is the width of the error stream now: a terminal may change it.
func (s streams) columns() int {
	if s.width > 0 {
		return s.width
	}
	if f, ok := s.err.(*os.File); ok && s.terminal {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return defaultWidth
}

// maxTextWidth keeps prose readable on wide terminals.
const maxTextWidth = 100

// prose is the width at which sentences are broken. In a log they stay whole:
// programs look for them line by line.
func (s streams) prose() int {
	if !s.terminal && s.width <= 0 {
		return math.MaxInt
	}
	return min(s.columns(), maxTextWidth)
}

// The ANSI styles in use. Their names say what they are for.
const (
	styleError   = "\x1b[1;31m"
	styleWarning = "\x1b[1;33m"
	styleGood    = "\x1b[32m"
	styleMark    = "\x1b[1;36m"
	styleFaint   = "\x1b[2m"
	styleBold    = "\x1b[1m"
	styleReset   = "\x1b[0m"
)

// paint puts a style around text where colours are wanted.
func (s streams) paint(style, text string) string {
	if !s.color || text == "" {
		return text
	}
	return style + text + styleReset
}
