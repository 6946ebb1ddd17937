package build

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"bake/bake"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/patternmatcher/ignorefile"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/tonistiigi/fsutil"
)

// dockerfile is where the instructions of a target come from.
type dockerfile struct {
	name string // base name as the frontend shall look it up
	path string // absolute path, empty if it is no local file

	dir  func() (fsutil.FS, error) // the directory that holds it, nil if the context holds it
	id   string                    // name of that directory as a source
	data []byte                    // its text, nil if it is not known before the build

	url    string      // where the engine downloads it, else empty
	ignore *ignoreFile // the local ignore file that goes with it, nil if there is none
}

// findDockerfile returns the Dockerfile of t. contextDir is its local context,
// empty for one that the engine fetches.
func findDockerfile(t *bake.Target, dir, contextDir string) (*dockerfile, error) {
	if t.DockerfileInline != nil && *t.DockerfileInline != "" {
		return memoryDockerfile([]byte(*t.DockerfileInline))
	}
	file := t.Dockerfile
	switch {
	case file == "-":
		return nil, in("dockerfile", "", fmt.Errorf("dockerfile from stdin not allowed in bake"))
	case isURL(file):
		return &dockerfile{name: "Dockerfile", url: file}, nil
	case strings.HasPrefix(file, "cwd://"):
		return localDockerfile(abs(dir, strings.TrimPrefix(file, "cwd://")), contextDir)
	case file == "":
		file = "Dockerfile"
	}
	if filepath.IsAbs(file) {
		return localDockerfile(filepath.Clean(file), contextDir)
	}
	if contextDir == "" {
		return &dockerfile{name: path.Clean(file)}, nil
	}
	return localDockerfile(filepath.Join(contextDir, file), contextDir)
}

// memoryDockerfile is a Dockerfile that exists as text only.
func memoryDockerfile(text []byte) (*dockerfile, error) {
	return &dockerfile{
		name: "Dockerfile", data: text, id: digestName("inline", text),
		dir: func() (fsutil.FS, error) { return ownedByRoot(memoryFS{"Dockerfile": text}) },
	}, nil
}

// localDockerfile reads a Dockerfile of this machine and the ignore file beside
// it. A link may lead elsewhere within its directory or, where the frontend
// would not find it, within the context.
func localDockerfile(file, contextDir string) (*dockerfile, error) {
	file = oldSpelling(file)
	parent, name := filepath.Split(file)
	d := &dockerfile{
		name: name, path: file, id: dirName(filepath.Clean(parent), name),
		dir: func() (fsutil.FS, error) { return openDir(parent) },
	}
	var err error
	if d.data, err = readBelow(parent, name); err != nil {
		data, ok := readLinked(contextDir, parent, name, err)
		if !ok {
			return nil, in("dockerfile", "", fmt.Errorf("failed to read dockerfile: %w", err))
		}
		d.data, d.dir = data, nil
	}
	if d.ignore, err = readIgnore(parent, name+".dockerignore"); err != nil {
		return nil, in("dockerfile", "", err)
	}
	if d.dir == nil {
		d.inMemory()
	}
	return d, nil
}

// readPlace is where a Dockerfile is read in truth, if it is: its links lead
// nowhere but within its directory, or else within the context.
func readPlace(file string) string {
	parent, name := filepath.Split(oldSpelling(file))
	parent = resolve(filepath.Clean(parent))
	if root, err := os.OpenRoot(parent); err == nil {
		defer root.Close()
		if at, err := follow(root, name); err == nil {
			name = at
		}
	}
	return filepath.Join(parent, name)
}

// readLinked reads a Dockerfile that is a link out of its directory, as err
// says, if it leads to somewhere in the context.
func readLinked(contextDir, parent, name string, err error) ([]byte, bool) {
	var outside *outsideError
	if contextDir == "" || !errors.As(err, &outside) {
		return nil, false
	}
	rel, ok := within(resolve(contextDir), resolve(filepath.Clean(parent)))
	if !ok {
		return nil, false
	}
	root, err := os.OpenRoot(contextDir)
	if err != nil {
		return nil, false
	}
	defer root.Close()
	f, err := openRegular(root, filepath.Join(rel, name)) // not of a link to what is above the context
	if err != nil {
		return nil, false
	}
	defer f.Close()
	data, err := readAtMost(f, f.Name(), maxText)
	return data, err == nil
}

// inMemory makes the directory of d one that has nothing but d and its ignore file.
func (d *dockerfile) inMemory() {
	files := memoryFS{d.name: d.data}
	if d.ignore.used() {
		files[d.name+".dockerignore"] = d.ignore.text
	}
	d.id = digestName("linked", slices.Concat(d.data, []byte{0}, files[d.name+".dockerignore"]))
	d.dir = func() (fsutil.FS, error) { return ownedByRoot(files) }
}

// oldSpelling returns the path of "dockerfile" if "Dockerfile" does not exist.
func oldSpelling(file string) string {
	parent, name := filepath.Split(file)
	if name != "Dockerfile" {
		return file
	}
	lower := filepath.Join(parent, "dockerfile")
	if _, err := os.Lstat(file); !os.IsNotExist(err) {
		return file
	}
	if _, err := os.Lstat(lower); err != nil {
		return file
	}
	return lower
}

// maxEmbedded is the size in bytes up to which a Dockerfile and its ignore
// rules travel inside the definition instead of as a source of the session.
const maxEmbedded = 512 << 10

// embed returns a definition that holds the Dockerfile and the ignore rules of
// the context. The engine keeps it like any cached step, so an unchanged
// Dockerfile costs no transfer and the frontend need not ask for the rules.
// The definition is nil if the files are too big for one or the frontend has to
// report an error.
func (d *dockerfile) embed(ctx context.Context, ignore *ignoreFile) (*pb.Definition, error) {
	rules := []byte("# nothing\n") // an empty file would make the frontend look further
	if ignore.used() && len(ignore.text) > 0 {
		rules = ignore.text
	}
	if len(rules)+len(d.data) > maxEmbedded {
		return nil, nil
	}
	if _, err := ignorefile.ReadAll(bytes.NewReader(rules)); err != nil {
		return nil, nil
	}
	state := llb.Scratch().File(
		llb.Mkfile(d.name, 0o644, d.data).Mkfile(d.name+".dockerignore", 0o644, rules),
		llb.WithCustomName("[internal] load build definition from "+d.name),
	)
	def, err := state.Marshal(ctx, llb.Platform(ocispecs.Platform{OS: "linux", Architecture: runtime.GOARCH}))
	if err != nil {
		return nil, err
	}
	return def.ToPB(), nil
}

// local returns the source that holds d.
func (d *dockerfile) local() local { return local{key: d.id + "-dockerfile", plain: "dockerfile"} }

// syntax returns the frontend image that the Dockerfile asks for, empty if it
// asks for none or its text is not known.
func (d *dockerfile) syntax() string {
	if !bytes.Contains(bytes.ToLower(d.data), []byte("syntax")) {
		return ""
	}
	ref, _, _, ok := parser.DetectSyntax(bytes.TrimPrefix(d.data, []byte("\xef\xbb\xbf")))
	if !ok {
		return ""
	}
	return ref
}
