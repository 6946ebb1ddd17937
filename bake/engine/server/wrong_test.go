//go:build linux

package server

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"testing"

	ctdmetadata "github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/remotes"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	bolt "go.etcd.io/bbolt"
)

// TestWrongLayer downloads a layer that is wrong, or ends early, and then the right
// one, as if from elsewhere: what was there before does not stand in its way.
func TestWrongLayer(t *testing.T) {
	for _, size := range []int{100, 3 * smallBlob} {
		right := bytes.Repeat([]byte("right "), size/6+1)[:size]
		wrong := bytes.Repeat([]byte("wrong "), size/6+1)[:size]
		for name, first := range map[string][]byte{"wrong": wrong, "wrong and short": wrong[:size/2], "short": right[:size/2]} {
			root := t.TempDir()
			blobs, err := newBlobs(root)
			if err != nil {
				t.Fatal(err)
			}
			db, err := bolt.Open(filepath.Join(root, "meta.db"), 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			store := ctdmetadata.NewDB(db, blobs, nil).ContentStore()
			ctx := namespaces.WithNamespace(t.Context(), "one")
			desc := ocispecs.Descriptor{MediaType: ocispecs.MediaTypeImageLayer, Digest: digest.FromBytes(right), Size: int64(size)}
			if _, err := remotes.FetchHandler(store, served(first))(ctx, desc); err == nil {
				t.Errorf("%d bytes, %s: no error", size, name)
			}
			for range 2 { // what is short is gone on with, and only then seen to be wrong
				_, err = remotes.FetchHandler(store, served(right))(ctx, desc)
				if err == nil {
					break
				}
			}
			if err != nil {
				t.Errorf("%d bytes, %s: %v", size, name, err)
			}
		}
	}
}

// served is a registry that answers with these bytes, or the rest of them.
type served []byte

type servedReader struct{ *bytes.Reader }

func (servedReader) Close() error { return nil }

func (s served) Fetch(context.Context, ocispecs.Descriptor) (io.ReadCloser, error) {
	return servedReader{bytes.NewReader(s)}, nil
}
