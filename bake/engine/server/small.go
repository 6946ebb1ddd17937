//go:build linux

package server

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/pkg/filters"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/containerd/errdefs"
	"github.com/opencontainers/go-digest"
)

// smallBlob is up to which size a blob is kept in memory while it is written.
const smallBlob = 256 << 10

// smallBlobs is a content store that writes a small blob in one go: a file, put
// in its place when it is complete. The store that it wraps makes a directory
// for every blob, so that a large download can go on after a crash, and syncs
// five times; as the database of blobs is locked meanwhile, that is most of what
// exporting many images takes.
type smallBlobs struct {
	content.Store
	root string // where both stores keep their files

	mu      sync.Mutex
	writers map[string]*smallWriter // by ref
}

// newBlobs opens the store of blobs in root.
func newBlobs(root string) (content.Store, error) {
	store, err := local.NewStore(root)
	if err != nil {
		return nil, err
	}
	s := &smallBlobs{Store: store, root: root, writers: map[string]*smallWriter{}}
	if err := os.RemoveAll(s.temp()); err != nil { // what a crash left
		return nil, err
	}
	return s, os.MkdirAll(s.temp(), 0o700)
}

// temp is the directory of files that are not blobs yet.
func (s *smallBlobs) temp() string { return filepath.Join(s.root, "small") }

// Writer implements content.Ingester.
func (s *smallBlobs) Writer(ctx context.Context, opts ...content.WriterOpt) (content.Writer, error) {
	var wanted content.WriterOpts
	for _, opt := range opts {
		if err := opt(&wanted); err != nil {
			return nil, err
		}
	}
	if wanted.Ref == "" || wanted.Desc.Digest != "" || wanted.Desc.Size > smallBlob {
		return s.resume(ctx, wanted, opts)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writers[wanted.Ref] != nil {
		return nil, fmt.Errorf("ref %s is being written: %w", wanted.Ref, errdefs.ErrUnavailable)
	}
	if _, err := s.Store.Status(ctx, wanted.Ref); err == nil { // begun before
		return s.resume(ctx, wanted, opts)
	}
	now := time.Now()
	w := &smallWriter{
		store:    s,
		opts:     opts,
		status:   content.Status{Ref: wanted.Ref, Total: wanted.Desc.Size, StartedAt: now, UpdatedAt: now},
		digester: digest.Canonical.Digester(),
	}
	s.writers[wanted.Ref] = w
	return w, nil
}

// date notes in the wrapped store, which has just been given what was written so
// far, when it really was written.
func (s *smallBlobs) date(status content.Status) error {
	dir := filepath.Join(s.root, "ingest", digest.FromString(status.Ref).Encoded())
	for name, at := range map[string]time.Time{"startedat": status.StartedAt, "updatedat": status.UpdatedAt} {
		text, err := at.MarshalText()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			return err
		}
	}
	return os.Chtimes(filepath.Join(dir, "data"), time.Time{}, status.UpdatedAt)
}

// writer finds the writer with the ref, nil if there is none.
func (s *smallBlobs) writer(ref string) *smallWriter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writers[ref]
}

// Status implements content.IngestManager.
func (s *smallBlobs) Status(ctx context.Context, ref string) (content.Status, error) {
	if w := s.writer(ref); w != nil {
		return w.Status()
	}
	return s.Store.Status(ctx, ref)
}

// ListStatuses implements content.IngestManager.
func (s *smallBlobs) ListStatuses(ctx context.Context, wanted ...string) ([]content.Status, error) {
	filter, err := filters.ParseAll(wanted...)
	if err != nil {
		return nil, err
	}
	list, err := s.Store.ListStatuses(ctx, wanted...)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	writers := slices.Collect(maps.Values(s.writers))
	s.mu.Unlock()
	for _, w := range writers {
		status, err := w.Status()
		if err == nil && !w.grown() && filter.Match(adaptStatus(status)) {
			list = append(list, status)
		}
	}
	return list, nil
}

// adaptStatus lets a filter see what it may choose by: the ref.
func adaptStatus(status content.Status) filters.Adaptor {
	return filters.AdapterFunc(func(path []string) (string, bool) {
		return status.Ref, len(path) > 0 && path[0] == "ref"
	})
}

// Abort implements content.IngestManager.
func (s *smallBlobs) Abort(ctx context.Context, ref string) error {
	if w := s.writer(ref); w != nil && !w.grown() {
		w.abort()
		return nil
	}
	return s.Store.Abort(ctx, ref)
}
