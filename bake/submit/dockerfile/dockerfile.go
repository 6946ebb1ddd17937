package dockerfile

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/host"
	"bake/bake/submit/source"
	"bake/bake/submit/vcs"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/patternmatcher/ignorefile"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/tonistiigi/fsutil"
)

// File is where the instructions of a target come from.
type File struct {
	Name string // base name as the frontend shall look it up
	Path string // absolute path, empty if it is no local file

	Dir  func() (fsutil.FS, error) // the directory that holds it, nil if the context holds it
	id   string                    // name of that directory as a source
	Data []byte                    // its text, nil if it is not known before the build

	Url    string      // where the engine downloads it, else empty
	Ignore *IgnoreFile // the local ignore file that goes with it, nil if there is none
}

// Find returns the Dockerfile of t. contextDir is its local context,
// empty for one that the engine fetches.
func Find(t *bake.Target, at *host.Caller, contextDir string) (*File, error) {
	if t.DockerfileInline != nil && *t.DockerfileInline != "" {
		return MemoryDockerfile([]byte(*t.DockerfileInline))
	}
	switch file := t.Dockerfile; {
	case file == "-":
		return nil, failure.In("dockerfile", "", fmt.Errorf("dockerfile from stdin not allowed in bake"))
	case source.IsURL(file):
		return &File{Name: "Dockerfile", Url: file}, nil
	}
	if written := written(t); written != "" {
		parent, name := locate(written, at)
		return localDockerfile(parent, name, contextDir, at)
	}
	return &File{Name: path.Clean(cmp.Or(t.Dockerfile, defaultName))}, nil
}

// MemoryDockerfile is a Dockerfile that exists as text only.
func MemoryDockerfile(text []byte) (*File, error) {
	return &File{
		Name: "Dockerfile", Data: text, id: source.DigestName("inline", text),
		Dir: func() (fsutil.FS, error) { return source.OwnedByRoot(source.MemoryFS{"Dockerfile": text}) },
	}, nil
}

// localDockerfile reads a Dockerfile of this machine and the ignore file beside
// it. A link may lead elsewhere within its directory or, where the frontend
// would not find it, within the context. A directory of which only this file may
// be read is not offered to the engine.
func localDockerfile(parent, name, contextDir string, at *host.Caller) (*File, error) {
	d := &File{
		Name: name, Path: filepath.Join(parent, name), id: source.DirName(parent, name),
		Dir: func() (fsutil.FS, error) { return source.OpenDir(parent, nil) },
	}
	var err error
	if d.Data, err = host.ReadBelow(parent, name); err != nil {
		data, ok := readLinked(contextDir, parent, name, err)
		if !ok {
			return nil, failure.In("dockerfile", "", fmt.Errorf("failed to read dockerfile: %w", err))
		}
		d.Data, d.Dir = data, nil
	}
	if d.Ignore, err = ReadIgnore(parent, name+".dockerignore"); err != nil {
		return nil, failure.In("dockerfile", "", err)
	}
	if d.Dir == nil || !at.May(parent, false) {
		d.inMemory()
	}
	return d, nil
}

// readLinked reads a Dockerfile that is a link out of its directory, as err
// says, if it leads to somewhere in the context.
func readLinked(contextDir, parent, name string, err error) ([]byte, bool) {
	var outside *host.OutsideError
	if contextDir == "" || !errors.As(err, &outside) {
		return nil, false
	}
	rel, ok := vcs.Within(contextDir, parent)
	if !ok {
		return nil, false
	}
	root, err := os.OpenRoot(contextDir)
	if err != nil {
		return nil, false
	}
	defer root.Close()
	f, err := host.OpenRegular(root, filepath.Join(rel, name)) // not of a link to what is above the context
	if err != nil {
		return nil, false
	}
	defer f.Close()
	data, err := host.ReadAtMost(f, f.Name(), host.MaxText)
	return data, err == nil
}

// inMemory makes the directory of d one that has nothing but d and its ignore file.
func (d *File) inMemory() {
	files := source.MemoryFS{d.Name: d.Data}
	if d.Ignore.Used() {
		files[d.Name+".dockerignore"] = d.Ignore.text
	}
	d.id = source.DigestName("linked", slices.Concat(d.Data, []byte{0}, files[d.Name+".dockerignore"]))
	d.Dir = func() (fsutil.FS, error) { return source.OwnedByRoot(files) }
}

// maxEmbedded is the size in bytes up to which a Dockerfile and its ignore
// rules travel inside the definition instead of as a source of the session.
const maxEmbedded = 512 << 10

// Embed returns a definition that holds the Dockerfile and the ignore rules of
// the context. The engine keeps it like any cached step, so an unchanged
// Dockerfile costs no transfer and the frontend need not ask for the rules.
// The definition is nil if the files are too big for one or the frontend has to
// report an error.
func (d *File) Embed(ctx context.Context, ignore *IgnoreFile) (*pb.Definition, error) {
	rules := []byte("# nothing\n") // an empty file would make the frontend look further
	if ignore.Used() && len(ignore.text) > 0 {
		rules = ignore.text
	}
	if len(rules)+len(d.Data) > maxEmbedded {
		return nil, nil
	}
	if _, err := ignorefile.ReadAll(bytes.NewReader(rules)); err != nil {
		return nil, nil
	}
	state := llb.Scratch().File(
		llb.Mkfile(d.Name, 0o644, d.Data).Mkfile(d.Name+".dockerignore", 0o644, rules),
		llb.WithCustomName("[internal] load build definition from "+d.Name),
	)
	def, err := state.Marshal(ctx, llb.Platform(ocispecs.Platform{OS: "linux", Architecture: runtime.GOARCH}))
	if err != nil {
		return nil, err
	}
	return def.ToPB(), nil
}

// Local returns the source that holds d.
func (d *File) Local() source.Local {
	return source.Local{Key: d.id + "-dockerfile", Plain: "dockerfile"}
}

// Syntax returns the frontend image that the Dockerfile asks for, empty if it
// asks for none or its text is not known.
func (d *File) Syntax() string {
	if !bytes.Contains(bytes.ToLower(d.Data), []byte("syntax")) {
		return ""
	}
	ref, _, _, ok := parser.DetectSyntax(bytes.TrimPrefix(d.Data, []byte("\xef\xbb\xbf")))
	if !ok {
		return ""
	}
	return ref
}
