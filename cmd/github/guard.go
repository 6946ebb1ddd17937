package github

import (
	"io"
	"sync"

	"bake/cmd/terminal"
)

// Guard is a writer that keeps text from being taken for a workflow command.
// The runner of GitHub Actions obeys lines that begin, after white space, with
// "::", and those that have "##[" anywhere; what builds print, and names in
// definitions, must not set outputs or mask words. The guard puts a space of no
// width into such a beginning, and leaves all else as it is. In JSON, where no line
// can begin with "::" and "##[" only be within a string, it escapes the bracket.
type Guard struct {
	W io.Writer

	json  bool
	mu    sync.Mutex
	begun bool // the line has something before which a command cannot begin
	last  [2]byte
}

const noWidth = "\u200b"

// GuardData is a guard for standard output. A file that it goes to is read by
// nobody for commands, and needs none.
func GuardData(w io.Writer) io.Writer {
	if f, ok := terminal.File(w); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return w
		}
	}
	return &Guard{W: w}
}

// JSON is the writer for a JSON document to what w may guard.
func JSON(w io.Writer) io.Writer {
	if g, ok := w.(*Guard); ok {
		return &Guard{W: g.W, json: true}
	}
	return w
}

// Raw is what w may guard.
func Raw(w io.Writer) io.Writer {
	if g, ok := w.(*Guard); ok {
		return g.W
	}
	return w
}

// Unwrap is the writer that is guarded.
func (g *Guard) Unwrap() io.Writer { return g.W }

// Write implements io.Writer. A command may come in pieces.
func (g *Guard) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make([]byte, 0, len(p))
	for _, c := range p {
		switch {
		case c == '[' && g.last == [2]byte{'#', '#'} && g.json:
			g.note(c)
			out = append(out, `\u005b`...)
			continue
		case g.json:
		case c == ':' && g.last[1] == ':' && !g.begun || c == '[' && g.last == [2]byte{'#', '#'}:
			out = append(out, noWidth...)
			g.begun = g.begun || c == ':'
		}
		out = append(out, c)
		g.note(c)
	}
	if _, err := g.W.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// note follows the line. Beyond ASCII there are more kinds of white space.
func (g *Guard) note(c byte) {
	g.last = [2]byte{g.last[1], c}
	switch {
	case c == '\n' || c == '\r':
		g.begun, g.last = false, [2]byte{}
	case c > ' ' && c < 0x7f && c != ':':
		g.begun = true
	}
}
