//go:build linux

package server

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/mount"
	"github.com/containerd/containerd/v2/plugins/content/local"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

func TestApplierOfOneIDIgnoresOwners(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to mount")
	}
	var plain bytes.Buffer
	w := tar.NewWriter(&plain)
	text := "hello\n"
	err := w.WriteHeader(&tar.Header{Name: "greeting", Mode: 0o640, Uid: 4711, Gid: 4712, Size: int64(len(text)), Typeflag: tar.TypeReg})
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	plain.Write(make([]byte, 512)) // more padding than the archive needs
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(plain.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}

	ctx := context.Background()
	store, err := local.NewStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	desc := ocispecs.Descriptor{MediaType: ocispecs.MediaTypeImageLayerGzip, Digest: digest.FromBytes(packed.Bytes()), Size: int64(packed.Len())}
	if err := content.WriteBlob(ctx, store, "layer", bytes.NewReader(packed.Bytes()), desc); err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	got, err := newApplier(store, true).Apply(ctx, desc, []mount.Mount{{Type: "bind", Source: root, Options: []string{"rbind", "rw"}}})
	if err != nil {
		t.Fatal(err)
	}
	if want := digest.FromBytes(plain.Bytes()); got.Digest != want || got.Size != int64(plain.Len()) {
		t.Errorf("got %s of %d bytes, want %s of %d", got.Digest, got.Size, want, plain.Len())
	}
	info, err := os.Stat(filepath.Join(root, "greeting"))
	if err != nil {
		t.Fatal(err)
	}
	if st := info.Sys().(*syscall.Stat_t); st.Uid != 0 || st.Gid != 0 || info.Mode().Perm() != 0o640 {
		t.Errorf("owner %d:%d mode %o, want 0:0 640", st.Uid, st.Gid, info.Mode().Perm())
	}
}
