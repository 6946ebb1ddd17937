package policy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/host"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
)

// policyFS is where policies and what they import come from: the context of the
// target, or the working directory for names that begin with "cwd://". Nothing
// outside of these can be read.
type policyFS struct {
	dir     string            // working directory
	context string            // local context, empty if the engine fetches it
	remote  gateway.Reference // the fetched context, nil if there is none or it was not needed yet
	ctx     context.Context   // of the run, for reading from remote
}

// fetched reports whether a file lies in a context that the engine fetches.
func (p *policyFS) fetched(name string) bool {
	return p.context == "" && !strings.HasPrefix(name, "cwd://")
}

// place is the directory that a name is looked up in, and the path there.
func (p *policyFS) place(name string) (dir, file string) {
	if rest, ok := strings.CutPrefix(name, "cwd://"); ok {
		return host.Place(p.dir, "."), filepath.Clean(filepath.FromSlash(rest))
	}
	if rel, err := filepath.Rel(p.context, name); filepath.IsAbs(name) && err == nil {
		return p.context, rel
	}
	return p.context, filepath.Clean(filepath.FromSlash(name))
}

func (p *policyFS) read(name string) ([]byte, error) {
	data, err := fs.ReadFile(p, name)
	if data == nil && err == nil {
		data = []byte{}
	}
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return data, err
}

// Open implements fs.FS.
func (p *policyFS) Open(name string) (fs.File, error) {
	if !p.fetched(name) {
		return openPolicy(p.place(name))
	}
	info, err := p.Stat(name)
	if err != nil {
		return nil, err
	}
	data, err := p.remote.ReadFile(p.ctx, gateway.ReadRequest{Filename: remotePath(name)})
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return &fetchedFile{bytes.NewReader(data), info}, nil
}

// openPolicy opens a file, or a directory, below dir. Links do not lead out of it.
func openPolicy(dir, name string) (fs.File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if info, err := root.Stat(name); err == nil && info.IsDir() {
		return root.Open(name)
	}
	f, err := host.OpenRegular(root, name)
	if err != nil {
		return nil, host.OpenError(name, err)
	}
	return f, nil
}

// Stat implements fs.StatFS.
func (p *policyFS) Stat(name string) (fs.FileInfo, error) {
	if !p.fetched(name) {
		f, err := p.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return f.Stat()
	}
	if p.remote == nil {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	st, err := p.remote.StatFile(p.ctx, gateway.StatRequest{Path: remotePath(name)})
	if err != nil {
		if notFound(err) {
			err = fs.ErrNotExist
		}
		return nil, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	return fetchedInfo{path.Base(name), st.Size, fs.FileMode(st.Mode), time.Unix(0, st.ModTime)}, nil
}

// remotePath is a name within a fetched context.
func remotePath(name string) string { return strings.TrimPrefix(path.Join("/", name), "/") }

// notFound reports whether the engine, which passes errors on as text, says that
// there is no such file.
func notFound(err error) bool {
	text := strings.ToLower(err.Error())
	return strings.Contains(text, "no such file") || strings.Contains(text, "not found")
}

// fetchedFile is a file of a context that the engine has fetched.
type fetchedFile struct {
	*bytes.Reader
	info fs.FileInfo
}

func (f *fetchedFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *fetchedFile) Close() error               { return nil }

type fetchedInfo struct {
	name string
	size int64
	mode fs.FileMode
	time time.Time
}

func (i fetchedInfo) Name() string       { return i.name }
func (i fetchedInfo) Size() int64        { return i.size }
func (i fetchedInfo) Mode() fs.FileMode  { return i.mode }
func (i fetchedInfo) ModTime() time.Time { return i.time }
func (i fetchedInfo) IsDir() bool        { return i.mode.IsDir() }
func (i fetchedInfo) Sys() any           { return nil }

func (q *Policies) Fetch(ctx context.Context, open func() (gateway.Reference, error)) error {
	var err error
	q.fs.ctx = ctx
	if q.fs.remote, err = open(); err != nil {
		return failure.In("context", "", fmt.Errorf("context %s: %w", bake.Redact(q.Target.Context), err))
	}
	var found []ruleSet
	for _, p := range q.rules {
		if p.files, err = q.fs.readAll(p.files); err != nil {
			return failure.In("policy", "", err)
		}
		if len(p.files) > 0 {
			found = append(found, p)
		}
	}
	q.rules = found
	return nil
}

// readAll reads the files that were not read yet, and leaves out the optional
// ones that do not exist.
func (p *policyFS) readAll(files []ruleFile) ([]ruleFile, error) {
	var found []ruleFile
	for _, f := range files {
		var err error
		if f.data == nil {
			f.data, err = p.read(f.name)
		}
		switch {
		case err == nil:
			found = append(found, f)
		case !f.optional || !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("policy file %s: %w", f.name, err)
		}
	}
	return found, nil
}
