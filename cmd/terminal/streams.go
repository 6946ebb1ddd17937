package terminal

import (
	"io"
	"os"
	"strconv"

	"bake/bake"

	"golang.org/x/term"
)

// Streams are the three standard streams and what is known about them.
type Streams struct {
	In  io.Reader
	Out io.Writer // data
	Err io.Writer // talk

	Interactive bool // in and err are terminals: a person can be asked
	Terminal    bool // err is a terminal
	Color       bool // err may be coloured
	ColorOut    bool // out may be coloured
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
	colors := env["NO_COLOR"] == "" && env["TERM"] != "dumb"
	s.Color, s.ColorOut = s.Terminal && colors, term.IsTerminal(int(os.Stdout.Fd())) && colors
	return s
}
