package files

import (
	"io"
	"io/fs"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

// Reading is what was read of a definition on this machine, which the progress
// of a build begins with.
type Reading struct {
	From  string // the variable that named the files, if one did
	Files []*readFile
}

// readFile is one file, or standard input.
type readFile struct {
	name         string
	size         int64
	began, ended time.Time
}

// Noted is fsys, with a note taken of every file that is read.
func (r *Reading) Noted(fsys fs.FS) fs.FS { return notedFS{fsys, r} }

// Input is standard input, noted when it is read.
func (r *Reading) Input(stdin io.Reader) io.Reader {
	if stdin == nil {
		return nil
	}
	return &notedInput{Reader: stdin, reading: r}
}

type notedFS struct {
	fs.FS
	reading *Reading
}

// ReadFile implements fs.ReadFileFS.
func (n notedFS) ReadFile(name string) ([]byte, error) {
	f := &readFile{name: name, began: time.Now()}
	data, err := fs.ReadFile(n.FS, name)
	if err == nil {
		f.size, f.ended = int64(len(data)), time.Now()
		n.reading.Files = append(n.reading.Files, f)
	}
	return data, err
}

type notedInput struct {
	io.Reader
	reading *Reading
	file    *readFile
}

// Read implements io.Reader.
func (n *notedInput) Read(p []byte) (int, error) {
	if n.file == nil {
		n.file = &readFile{name: "from stdin", began: time.Now()}
		n.reading.Files = append(n.reading.Files, n.file)
	}
	size, err := n.Reader.Read(p)
	n.file.size += int64(size)
	n.file.ended = time.Now()
	return size, err
}

// Status is the reading as a step that is done, nil if nothing was read.
func (r *Reading) Status() *client.SolveStatus {
	if len(r.Files) == 0 {
		return nil
	}
	name := "[internal] load local bake definitions"
	if r.From != "" {
		name += " from " + r.From + " env"
	}
	step := &client.Vertex{
		Digest: digest.FromString(name), Name: name,
		Started: &r.Files[0].began, Completed: &r.Files[len(r.Files)-1].ended,
	}
	s := &client.SolveStatus{Vertexes: []*client.Vertex{step}}
	for _, f := range r.Files {
		s.Statuses = append(s.Statuses, &client.VertexStatus{
			ID: "reading " + f.name, Vertex: step.Digest, Total: f.size, Current: f.size,
			Timestamp: f.ended, Started: &f.began, Completed: &f.ended,
		})
	}
	return s
}
