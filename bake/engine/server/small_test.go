//go:build linux

package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/content/testsuite"
	ctdmetadata "github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	bolt "go.etcd.io/bbolt"
)

// The store does what every content store of containerd has to, with the
// database that keeps its labels.
func TestSmallBlobsSuite(t *testing.T) {
	testsuite.ContentSuite(t, "small", func(ctx context.Context, root string) (context.Context, content.Store, func() error, error) {
		blobs, err := newBlobs(root)
		if err != nil {
			return nil, nil, nil, err
		}
		db, err := bolt.Open(filepath.Join(root, "meta.db"), 0o600, &bolt.Options{NoSync: true})
		if err != nil {
			return nil, nil, nil, err
		}
		var n atomic.Int64
		ctx = testsuite.SetContextWrapper(namespaces.WithNamespace(ctx, "one"), func(ctx context.Context, sharedNamespace bool) (context.Context, func(context.Context) error, error) {
			if sharedNamespace {
				return ctx, func(context.Context) error { return nil }, nil
			}
			return namespaces.WithNamespace(ctx, fmt.Sprint("other", n.Add(1))), func(context.Context) error { return nil }, nil
		})
		return ctx, ctdmetadata.NewDB(db, blobs, nil).ContentStore(), db.Close, nil
	})
}

// A blob of any size becomes one file and nothing else.
func TestSmallBlobs(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "small"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "small", "of a crash"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := newBlobs(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, smallBlob - 1, smallBlob, smallBlob + 1, 3 * smallBlob} {
		data := make([]byte, size)
		_, _ = rand.Read(data)
		for _, told := range []int64{0, int64(size)} {
			for _, d := range []digest.Digest{digest.FromBytes(data), digest.SHA512.FromBytes(data)} {
				if told == 0 {
					_ = s.Delete(t.Context(), d)
				}
				writeBlob(t, s, d, data, told)
			}
		}
	}
	for _, dir := range []string{"small", "ingest"} {
		if left, err := os.ReadDir(filepath.Join(root, dir)); err != nil || len(left) > 0 {
			t.Errorf("%s: %v, %v", dir, left, err)
		}
	}
}

// writeBlob writes data in pieces, and reads it.
func writeBlob(t *testing.T, s content.Store, d digest.Digest, data []byte, told int64) {
	t.Helper()
	w, err := s.Writer(t.Context(), content.WithRef("ref"), content.WithDescriptor(ocispecs.Descriptor{Size: told}))
	if err != nil {
		t.Fatal(err)
	}
	for rest := data; len(rest) > 0; {
		n, err := w.Write(rest[:min(len(rest), 100_000)])
		if err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if err := w.Commit(t.Context(), int64(len(data)), d); err != nil && told == 0 {
		t.Fatal(err)
	}
	if w.Digest() != d {
		t.Errorf("%d bytes are %s, want %s", len(data), w.Digest(), d)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := content.ReadBlob(t.Context(), s, ocispecs.Descriptor{Digest: d})
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes: %d read, %v", len(data), len(got), err)
	}
}
