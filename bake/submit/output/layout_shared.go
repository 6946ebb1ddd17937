package output

import (
	"errors"
	"os"
	"path/filepath"
	"sync"

	"github.com/containerd/containerd/v2/core/content"
	contentlocal "github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/moby/buildkit/client/ociindex"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// layoutDir is the directory of an OCI layout. Several outputs may write one at
// the same time, and as images have layers in common they write the same files,
// for which the locks of one store are needed.
type layoutDir struct {
	content.Store
	path string

	// Guarded by layoutDirs.
	users   int
	created bool // by one of the users
	listed  bool // an image: the directory stays

	index sync.Mutex // held while the index is written
}

// layoutDirs are the directories being written, by path.
var layoutDirs = struct {
	sync.Mutex
	byPath map[string]*layoutDir
}{byPath: map[string]*layoutDir{}}

// openLayoutDir makes path a directory that can be written, until the caller
// leaves it.
func openLayoutDir(path string) (*layoutDir, error) {
	path = filepath.Clean(path)
	layoutDirs.Lock()
	defer layoutDirs.Unlock()
	d := layoutDirs.byPath[path]
	if d == nil {
		_, err := os.Stat(path)
		d = &layoutDir{path: path, created: errors.Is(err, os.ErrNotExist)}
		if d.Store, err = contentlocal.NewStore(path); err != nil {
			return nil, err
		}
		layoutDirs.byPath[path] = d
	}
	d.users++
	return d, nil
}

// list adds an image to the index.
func (d *layoutDir) list(desc ocispecs.Descriptor, names []ociindex.NameOrTag) error {
	d.index.Lock()
	defer d.index.Unlock()
	if err := ociindex.NewStoreIndex(d.path).Put(desc, names...); err != nil {
		return err
	}
	layoutDirs.Lock()
	d.listed = true
	layoutDirs.Unlock()
	return nil
}

// leave ends the use of the directory. The last user removes it if nothing was
// listed and one of them has made it.
func (d *layoutDir) leave() {
	layoutDirs.Lock()
	defer layoutDirs.Unlock()
	if d.users--; d.users > 0 {
		return
	}
	delete(layoutDirs.byPath, d.path)
	if d.created && !d.listed {
		os.RemoveAll(d.path)
	}
}
