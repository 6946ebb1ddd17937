//go:build linux

package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"
	"github.com/opencontainers/go-digest"
)

// smallWriter keeps what it is given until it is committed. If that becomes too
// much, it goes on as a writer of the wrapped store.
type smallWriter struct {
	store *smallBlobs
	opts  []content.WriterOpt

	mu       sync.Mutex
	status   content.Status
	data     bytes.Buffer
	digester digest.Digester
	file     string         // where the data is, once synced
	large    content.Writer // nil unless it became too much
	closed   bool
}

// Write implements io.Writer.
func (w *smallWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return 0, errClosed
	}
	if w.large == nil && w.data.Len()+len(p) > smallBlob {
		if err := w.grow(); err != nil {
			return 0, err
		}
	}
	if w.large != nil {
		return w.large.Write(p)
	}
	w.drop()
	w.digester.Hash().Write(p)
	w.status.UpdatedAt = time.Now()
	return w.data.Write(p)
}

var errClosed = fmt.Errorf("the writer is closed: %w", errdefs.ErrFailedPrecondition)

// grow goes on with a writer of the wrapped store.
func (w *smallWriter) grow() error {
	large, err := w.store.Store.Writer(context.Background(), w.opts...)
	if err != nil {
		return err
	}
	if _, err := large.Write(w.data.Bytes()); err != nil {
		return errors.Join(err, large.Close())
	}
	w.drop()
	w.data = bytes.Buffer{}
	w.large = large
	return nil
}

// Sync implements content.Syncer: it writes the data to the disk. The caller of
// Commit does so while others can still work.
func (w *smallWriter) Sync() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.large != nil {
		if s, ok := w.large.(content.Syncer); ok {
			return s.Sync()
		}
		return nil
	}
	return w.sync()
}

func (w *smallWriter) sync() (err error) {
	if w.file != "" {
		return nil
	}
	f, err := os.CreateTemp(w.store.temp(), "")
	if err != nil {
		return err
	}
	w.file = f.Name()
	_, err = f.Write(w.data.Bytes())
	return errors.Join(err, f.Chmod(0o444), f.Sync(), f.Close())
}

// drop removes the file, if there is one.
func (w *smallWriter) drop() {
	if w.file != "" {
		_ = os.Remove(w.file)
		w.file = ""
	}
}

// Commit implements content.Writer. The writer is closed, whatever happens.
func (w *smallWriter) Commit(ctx context.Context, size int64, expected digest.Digest, opts ...content.Opt) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return errClosed
	}
	defer w.close()
	if w.large == nil {
		err := w.commit(size, expected)
		if err == nil || errdefs.IsAlreadyExists(err) {
			return err
		}
		return errors.Join(err, w.keep())
	}
	return w.large.Commit(ctx, size, expected, opts...)
}

func (w *smallWriter) commit(size int64, expected digest.Digest) error {
	if got := int64(w.data.Len()); size > 0 && size != got {
		return fmt.Errorf("unexpected commit size %d, expected %d: %w", got, size, errdefs.ErrFailedPrecondition)
	}
	if expected != "" && expected.Algorithm() != digest.Canonical && expected.Algorithm().Available() {
		w.digester = expected.Algorithm().Digester()
		w.digester.Hash().Write(w.data.Bytes())
	}
	actual := w.digester.Digest()
	if expected != "" && expected != actual {
		return fmt.Errorf("unexpected commit digest %s, expected %s: %w", actual, expected, errdefs.ErrFailedPrecondition)
	}
	return w.place(actual)
}

// place puts the data where blobs are.
func (w *smallWriter) place(d digest.Digest) error {
	dir := filepath.Join(w.store.root, "blobs", d.Algorithm().String())
	path := filepath.Join(dir, d.Encoded())
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("content %v: %w", d, errdefs.ErrAlreadyExists)
	}
	if err := w.sync(); err != nil {
		return err
	}
	if err := os.Rename(w.file, path); err != nil {
		return err
	}
	w.file = ""
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// close ends the use of the ref.
func (w *smallWriter) close() {
	w.drop()
	w.closed = true
	w.store.mu.Lock()
	delete(w.store.writers, w.status.Ref)
	w.store.mu.Unlock()
}

// Close implements io.Closer. What was not committed is kept.
func (w *smallWriter) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	defer w.close()
	return w.keep()
}

// keep leaves the data to the wrapped store, as another writer may go on with it.
func (w *smallWriter) keep() error {
	if w.large != nil {
		return w.large.Close()
	}
	if err := w.grow(); err != nil {
		return err
	}
	if err := w.large.Close(); err != nil {
		return err
	}
	return w.store.date(w.status)
}

// abort forgets what was written.
func (w *smallWriter) abort() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.close()
	}
}

// grown reports whether the wrapped store knows of the blob.
func (w *smallWriter) grown() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.large != nil
}

// Digest implements content.Writer.
func (w *smallWriter) Digest() digest.Digest {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.large != nil {
		return w.large.Digest()
	}
	return w.digester.Digest()
}

// Status implements content.Writer.
func (w *smallWriter) Status() (content.Status, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.large != nil {
		return w.large.Status()
	}
	status := w.status
	status.Offset = int64(w.data.Len())
	return status, nil
}

// Truncate implements content.Writer.
func (w *smallWriter) Truncate(size int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.large != nil:
		return w.large.Truncate(size)
	case size != 0:
		return errors.New("a blob can only be truncated to nothing")
	}
	w.drop()
	w.data.Reset()
	w.digester = digest.Canonical.Digester()
	return nil
}
