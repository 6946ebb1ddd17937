package output

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Images of several targets have layers in common: written at the same time
// into one directory, none gets in the way of another.
func TestLayoutSharedBlobs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "layout")
	for i := range 50 {
		data := bytes.Repeat([]byte(fmt.Sprint(i)), 1000)
		desc := ocispecs.Descriptor{Digest: digest.FromBytes(data), Size: int64(len(data))}
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				l := &Layout{dir: dir}
				if err := l.Open(); err != nil {
					t.Error(err)
					return
				}
				if err := content.WriteBlob(t.Context(), l, desc.Digest.String(), bytes.NewReader(data), desc); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	}
}

// A directory that was made in vain is removed, but not under the image of
// another output.
func TestLayoutDiscard(t *testing.T) {
	open := func(dir string) *Layout {
		l := &Layout{dir: dir}
		if err := l.Open(); err != nil {
			t.Fatal(err)
		}
		return l
	}
	exists := func(dir string) bool {
		_, err := os.Stat(dir)
		return err == nil
	}
	root := t.TempDir()

	vain := filepath.Join(root, "vain")
	a, b := open(vain), open(vain+"/")
	a.Discard()
	if !exists(vain) {
		t.Error("the directory was removed under another output")
	}
	b.Discard()
	b.Discard() // does nothing
	if exists(vain) {
		t.Error("the directory was left")
	}

	used := filepath.Join(root, "used")
	a, b = open(used), open(used)
	if err := a.list(ocispecs.Descriptor{MediaType: ocispecs.MediaTypeImageManifest, Digest: digest.FromString("a"), Size: 1}, nil); err != nil {
		t.Fatal(err)
	}
	a.Discard()
	b.Discard()
	if !exists(used) {
		t.Error("the directory with an image was removed")
	}

	a = open(root)
	a.Discard()
	if !exists(root) {
		t.Error("a directory that was there was removed")
	}
}
