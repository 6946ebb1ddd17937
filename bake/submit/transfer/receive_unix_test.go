//go:build unix

package transfer

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"bake/bake/submit/host"
	"bake/bake/submit/output"
	"bake/tests/workspace"

	"github.com/moby/buildkit/client"
)

// A link that stands where a directory is to be written, or on the way there,
// and did not when that was checked, is not followed.
func TestReceiveAtNewLink(t *testing.T) {
	for name, dest := range map[string]string{"itself": "out", "on the way": "out/sub/deep"} {
		w := workspace.New(t, map[string]string{"elsewhere/x": ""})
		at := &host.Caller{Dir: w.Path}
		e := &output.Export{ExportEntry: client.ExportEntry{Type: client.ExporterLocal, OutputDir: at.Place(dest)}}
		if err := os.Symlink("elsewhere", filepath.Join(w.Path, "out")); err != nil {
			t.Fatal(err)
		}
		var moved *host.MovedError
		if err := receive(nil, e); !errors.As(err, &moved) {
			t.Errorf("%s: got %v", name, err)
		}
		workspace.AssertOnly(t, filepath.Join(w.Path, "elsewhere"), "x")
	}
}
