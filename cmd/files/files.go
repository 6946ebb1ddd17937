package files

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"bake/bake"
	"bake/cmd/exit"
	"bake/cmd/heap"
	"bake/compose"

	"github.com/containerd/platforms"
)

const (
	envFiles         = "BUILDX_BAKE_FILE"
	envFileSeparator = "BUILDX_BAKE_PATH_SEPARATOR"
)

// maxDefinition is the size in bytes up to which a definition, or a file that
// one refers to, is read: far more than people write, and an end for a device.
var maxDefinition int64 = 256 << 20

// HostFS is the file system of the host. Unlike what os.DirFS returns it takes
// every path: absolute, with "..", with a trailing slash. A file may be anything
// that has an end, such as the FIFO that a shell makes of <(COMMAND).
type HostFS struct{ Dir string }

func (h HostFS) path(name string) string {
	if filepath.IsAbs(name) || h.Dir == "" {
		return name
	}
	return h.Dir + string(filepath.Separator) + name // not joined: up from a link is where it leads
}

// Open opens a file; relative names are relative to the working directory.
func (h HostFS) Open(name string) (fs.File, error) {
	f, err := os.Open(h.path(name))
	if err != nil {
		return nil, typedError(name, "open", err)
	}
	return f, nil
}

// Stat looks at a file without opening it, which a FIFO allows only once.
func (h HostFS) Stat(name string) (fs.FileInfo, error) {
	info, err := os.Stat(h.path(name))
	return info, typedError(name, "open", err)
}

// ReadFile reads a whole file.
func (h HostFS) ReadFile(name string) ([]byte, error) {
	f, err := h.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var data bytes.Buffer
	if info, err := f.Stat(); err == nil && info.Size() < maxDefinition {
		data.Grow(int(info.Size()) + bytes.MinRead)
	}
	_, err = data.ReadFrom(bounded(name, f))
	return data.Bytes(), typedError(name, "read", err)
}

// typedError names a file as it was typed.
func typedError(name, op string, err error) error {
	if known := (*fs.PathError)(nil); errors.As(err, &known) {
		known.Path, known.Op = name, op
	}
	return err
}

// boundedReader fails after so many bytes.
type boundedReader struct {
	io.Reader
	name string
	left int64
}

func bounded(name string, r io.Reader) *boundedReader { return &boundedReader{r, name, maxDefinition} }

func (b *boundedReader) Read(data []byte) (int, error) {
	n, err := b.Reader.Read(data)
	if b.left -= int64(n); b.left < 0 {
		return 0, &fs.PathError{Op: "read", Path: b.name, Err: fmt.Errorf("more than %d MiB, which is no definition", maxDefinition>>20)}
	}
	return n, err
}

// Names are the definition files to read: those given with --file,
// else those of BUILDX_BAKE_FILE, else none, which means the default files or
// what stands for them.
func Names(fromFlags []string, env bake.Env, fsys fs.FS) ([]string, error) {
	if len(fromFlags) == 0 {
		return namesFromEnv(env, fsys)
	}
	names, err := NamesTyped(fromFlags, env)
	for i, name := range names {
		names[i] = strings.TrimPrefix(name, LocalContext)
	}
	return names, err
}

// NamingVariable is the variable that names the definition files to read, empty
// if flags do or nothing does.
func NamingVariable(fromFlags []string, env bake.Env, project compose.Settings) string {
	if len(fromFlags) > 0 {
		return ""
	}
	if names, _ := NamesTyped(nil, env); len(names) > 0 {
		return envFiles
	}
	if len(project.Files) > 0 {
		return "COMPOSE_FILE"
	}
	return ""
}

// NamesTyped are the names given with --file, else those of BUILDX_BAKE_FILE,
// as they were typed.
func NamesTyped(fromFlags []string, env bake.Env) ([]string, error) {
	if slices.Contains(fromFlags, "") {
		return nil, exit.Usagef("--file needs a name")
	}
	if len(fromFlags) > 0 {
		return slices.Clone(fromFlags), nil
	}
	separator := env[envFileSeparator]
	if separator == "" {
		separator = string(os.PathListSeparator)
	}
	var names []string
	for _, name := range strings.Split(env[envFiles], separator) {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names, nil
}

// namesFromEnv splits BUILDX_BAKE_FILE. Every file in it must exist, so that
// a variable left over from somewhere else is not read as an empty list.
func namesFromEnv(env bake.Env, fsys fs.FS) ([]string, error) {
	names, err := NamesTyped(nil, env)
	for _, name := range names {
		if name == "-" {
			continue
		}
		if _, err := fs.Stat(fsys, name); err != nil {
			return nil, exit.Usagef("read a definition file named by $%s: %w", envFiles, err)
		}
	}
	return names, err
}

// Read reads the definition files.
func Read(names []string, fsys fs.FS, stdin io.Reader) ([]bake.File, error) {
	if stdin != nil {
		stdin = bounded("-", stdin)
	}
	files, err := bake.Load(fsys, names, stdin)
	switch {
	case err == nil:
		size := 0
		for _, f := range files {
			size += len(f.Data)
		}
		heap.Expect(size)
		return files, nil
	case errors.Is(err, bake.ErrNoDefinition) && len(names) > 0:
		return nil, exit.Usagef("couldn't find a bake definition: %s", emptyText(names))
	case errors.Is(err, bake.ErrNoDefinition):
		return nil, exit.Usagef("couldn't find a bake definition").
			WithHint("Without --file, bake reads those of these files that are in the working directory: %s.", strings.Join(bake.DefaultFiles(), ", "))
	}
	return nil, exit.Usagef("read the definition: %w", err)
}

func emptyText(names []string) string {
	if len(names) == 1 {
		return names[0] + " is empty"
	}
	return strings.Join(names, ", ") + " are empty"
}

// Opened are definition files that have been read: some, as pipes, give
// what they have once only.
type Opened struct {
	Names   []string
	Files   []bake.File
	Reading *Reading
}

// Builtins are the values that every definition may read. The context is the
// one that the command line names beside the definition, if any.
func Builtins(context string) map[string]string {
	return map[string]string{
		"BAKE_CMD_CONTEXT":    cmp.Or(context, LocalContext),
		"BAKE_LOCAL_PLATFORM": platforms.Format(platforms.DefaultSpec()),
	}
}

// LocalContext is what BAKE_CMD_CONTEXT says when the command line says nothing.
const LocalContext = "cwd://"
