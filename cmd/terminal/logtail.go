package terminal

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/opencontainers/go-digest"
)

// maxLogLines is how much of a failed step's log is shown with its error.
const maxLogLines = 15

// LogTails keeps the last lines that each running step has written, for the
// case that it fails.
type LogTails struct {
	steps  map[digest.Digest]*logTail
	broken []digest.Digest // steps that failed, in the order they did
}

type logTail struct {
	name    string
	lines   [][]byte
	partial bool // the last line has not ended yet
}

// Add takes the logs and failures out of a status update.
func (l *LogTails) Add(s *client.SolveStatus) {
	if l.steps == nil {
		l.steps = map[digest.Digest]*logTail{}
	}
	for _, v := range s.Vertexes {
		switch {
		case v.Error != "" && !strings.HasSuffix(v.Error, context.Canceled.Error()):
			l.step(v.Digest).name = v.Name
			l.broken = append(l.broken, v.Digest)
		case v.Completed != nil:
			delete(l.steps, v.Digest)
		}
	}
	for _, entry := range s.Logs {
		l.step(entry.Vertex).write(entry.Data)
	}
}

func (l *LogTails) step(d digest.Digest) *logTail {
	t, ok := l.steps[d]
	if !ok {
		t = &logTail{}
		l.steps[d] = t
	}
	return t
}

// Failed gives the name and the last log lines of the first step that failed.
func (l *LogTails) Failed() (name string, lines []string) {
	if len(l.broken) == 0 {
		return "", nil
	}
	return l.step(l.broken[0]).text()
}

// Of gives the same for the step that an error is about, if it is known.
func (l *LogTails) Of(err error) (name string, lines []string) {
	var vertex *errdefs.VertexError
	if !errors.As(err, &vertex) {
		return "", nil
	}
	for _, d := range l.broken {
		if d.String() == vertex.Digest {
			return l.step(d).text()
		}
	}
	return "", nil
}

func (t *logTail) text() (name string, lines []string) {
	for _, line := range t.lines {
		lines = append(lines, Printable(strings.TrimRight(string(line), "\r")))
	}
	return t.name, lines
}

// write appends output, which may end anywhere in a line.
func (t *logTail) write(data []byte) {
	for len(data) > 0 {
		line, rest, ended := bytes.Cut(data, []byte("\n"))
		if t.partial && len(t.lines) > 0 {
			t.lines[len(t.lines)-1] = append(t.lines[len(t.lines)-1], line...)
		} else {
			t.lines = append(t.lines, bytes.Clone(line))
		}
		t.partial = !ended
		data = rest
	}
	if extra := len(t.lines) - maxLogLines; extra > 0 {
		t.lines = t.lines[extra:]
	}
}
