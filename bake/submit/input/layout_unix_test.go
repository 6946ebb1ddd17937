//go:build unix

package input

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bake/bake/submit/host"
	"bake/tests/workspace"

	contentlocal "github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// A blob of a layout that is a link is read where that leads if that was granted,
// or lies in the layout, at the time it is read.
func TestLinkedBlob(t *testing.T) {
	dgst := digest.FromString("text")
	name := dgst.Encoded()
	w := workspace.New(t, map[string]string{"l/blobs/sha256/" + name: "text", "l/near": "text", "far/file": "text"})
	root := host.Place("", w.Path)
	store, err := contentlocal.NewStore(filepath.Join(root, "l"))
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{"", "../../near", "../../../far/file"} { // the first is no link
		if link != "" {
			blob := filepath.Join(root, "l/blobs/sha256", name)
			if err := errors.Join(os.Remove(blob), os.Symlink(link, blob)); err != nil {
				t.Fatal(err)
			}
		}
		l := &layout{Store: store, dir: filepath.Join(root, "l"), at: &host.Caller{Granted: func(place string, write bool) bool {
			return !write && place == filepath.Join(root, "far/file")
		}}}
		read := func() (string, error) {
			r, err := l.ReaderAt(t.Context(), ocispecs.Descriptor{Digest: dgst})
			if err != nil {
				return "", err
			}
			defer r.Close()
			data, err := io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
			return string(data), err
		}
		if got, err := read(); err != nil || got != "text" {
			t.Errorf("by %q it is %q, %v", link, got, err)
		}
		l.at = &host.Caller{Granted: func(string, bool) bool { return false }}
		if _, err := read(); (err != nil) != strings.Contains(link, "far") || err != nil && !strings.HasSuffix(err.Error(), "far/file, which was not granted") {
			t.Errorf("by %q, not granted, it is %v", link, err)
		}
	}
}
