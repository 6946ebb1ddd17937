package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"bake/bake/submit/host"

	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
)

// Sources are the directories that the engine may read, by the name it uses.
// One value serves every session of a run.
type Sources struct {
	mu     sync.Mutex
	byName map[string]fsutil.FS
}

// LookupDir implements filesync.DirSource. An engine may have put the prefix
// of a name before it more than once: BuildKit, 0.34 too, does so whenever it
// normalizes the source.
func (s *Sources) LookupDir(name string) (fsutil.FS, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if dir, ok := s.byName[name]; ok {
		return dir, true
	}
	for known, dir := range s.byName {
		prefix := strings.TrimSuffix(known, "context")
		rest := name
		for strings.HasPrefix(rest, prefix) {
			rest = rest[len(prefix):]
		}
		if rest == "context" && rest != name {
			return dir, true
		}
	}
	return nil, false
}

func (s *Sources) add(name string, dir fsutil.FS) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byName == nil {
		s.byName = map[string]fsutil.FS{}
	}
	if _, ok := s.byName[name]; !ok {
		s.byName[name] = dir
	}
}

// Get returns the directory of that name, made by open if it is new.
func (s *Sources) Get(name string, open func() (fsutil.FS, error)) (fsutil.FS, error) {
	if dir, ok := s.LookupDir(name); ok {
		return dir, nil
	}
	dir, err := open()
	if err != nil {
		return nil, err
	}
	s.add(name, dir)
	return dir, nil
}

// OpenDir returns the tree under dir, a place, as the engine shall see it: owned by
// root. Its files are opened where they stand: no link that somebody puts in the
// way while a build runs is followed. A file that cannot be read is an
// [UnsentError]. rule, which may be nil, tells which rule
// of an ignore file has to do with the file of a name.
func OpenDir(dir string, rule func(name string) string) (fsutil.FS, error) {
	tree, err := fsutil.NewFS(dir)
	if err != nil {
		return nil, err
	}
	return OwnedByRoot(&placedFS{tree, dir, rule})
}

// placedFS is a tree at a place.
type placedFS struct {
	fsutil.FS
	dir  string
	rule func(name string) string
}

// Walk implements fsutil.FS. What goes away meanwhile is left out, and nothing
// else is.
func (p *placedFS) Walk(ctx context.Context, target string, fn fs.WalkDirFunc) error {
	if err := host.Still(p.dir); err != nil {
		return err
	}
	return p.FS.Walk(ctx, target, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrPermission) {
			err = p.unsent(name, err)
		}
		if entry != nil {
			entry = mayVanish{entry}
		}
		if err = fn(name, entry, err); errors.Is(err, errVanished) {
			return nil
		}
		return err
	})
}

// Open implements fsutil.FS.
func (p *placedFS) Open(name string) (io.ReadCloser, error) {
	f, err := host.OpenContent(filepath.Join(p.dir, name))
	if err != nil {
		return nil, p.unsent(name, err)
	}
	return f, nil
}

func (p *placedFS) unsent(name string, err error) error {
	e := &UnsentError{Dir: p.dir, Name: filepath.ToSlash(name), err: err}
	if p.rule != nil {
		e.Why = p.rule(e.Name)
	}
	return e
}

// OwnedByRoot is a tree as the engine shall see it.
func OwnedByRoot(tree fsutil.FS) (fsutil.FS, error) {
	return fsutil.NewFilterFS(tree, &fsutil.FilterOpt{Map: func(_ string, st *types.Stat) fsutil.MapResult {
		st.Uid, st.Gid = 0, 0
		return fsutil.MapResultKeep
	}})
}

// DirName names a directory after what it is. rules tells apart uses of the
// same directory that see different parts of it. The engine finds the copy
// of the last run under this name and compares only size and time of its
// files, so a directory that was replaced by another must change its name:
// the inode is part of it. What the directory is called is not: the name is in
// the provenance of images, which others get to see.
func DirName(dir string, rules ...string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %d", dir, inode(dir))
	for _, r := range rules {
		fmt.Fprintf(h, " %q", r)
	}
	return "dir-" + hex.EncodeToString(h.Sum(nil))[:16]
}

// MemoryFS is a flat directory of small files that exist in memory only.
type MemoryFS map[string][]byte

// Walk implements fsutil.FS. target is the root or one of the files.
func (m MemoryFS) Walk(ctx context.Context, target string, fn fs.WalkDirFunc) error {
	names := slices.Sorted(maps.Keys(m))
	if one := strings.TrimPrefix(path.Clean("/"+filepath.ToSlash(target)), "/"); one != "" {
		if _, ok := m[one]; !ok {
			return &os.PathError{Op: "walk", Path: target, Err: os.ErrNotExist}
		}
		names = []string{one}
	}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		st := &types.Stat{Path: name, Mode: 0o644, Size: int64(len(m[name]))}
		if err := fn(name, &fsutil.DirEntryInfo{Stat: st}, nil); err != nil {
			return err
		}
	}
	return nil
}

// Open implements fsutil.FS.
func (m MemoryFS) Open(name string) (io.ReadCloser, error) {
	data, ok := m[path.Clean(name)]
	if !ok {
		return nil, &os.PathError{Op: "open", Path: name, Err: os.ErrNotExist}
	}
	return io.NopCloser(strings.NewReader(string(data))), nil
}

// DigestName names content after itself.
func DigestName(kind string, data []byte) string {
	sum := sha256.Sum256(data)
	return kind + "-" + hex.EncodeToString(sum[:])[:16]
}

// Local is one directory of the client that a request reads.
type Local struct {
	Key    string // what the frontend asks the engine for
	Prefix string // what the engine puts before it, empty for a key that is unique by itself
	Plain  string // what a frontend that knows no named sources would ask for
}

// Name is the name of the source.
func (l Local) Name() string {
	if l.Prefix == "" {
		return l.Key
	}
	return l.Prefix + "-" + l.Key
}

// Session is the attribute value that tells the frontend where to read l. The
// frontend always calls the main context "context"; the engine replaces that
// name if a prefix stands before the session id.
func (l Local) Session(id string) string {
	if l.Prefix == "" {
		return id
	}
	return l.Prefix + ":" + id
}
