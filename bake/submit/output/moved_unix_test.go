//go:build unix

package output

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"bake/bake"
	"bake/bake/submit/host"
	"bake/tests/workspace"
)

// prepared is the one export of an output in a directory, in which out is no link.
func prepared(t *testing.T, outputs []bake.Entry) (*Export, string) {
	t.Helper()
	w := workspace.New(t, map[string]string{"work/out/old": "", "elsewhere/x": ""})
	at := &host.Caller{Dir: filepath.Join(w.Path, "work"), Granted: func(place string, _ bool) bool { return host.Contains(filepath.Join(w.Path, "work"), place) }}
	exports, err := Prepare(&bake.Target{}, outputs, at, nil)
	if err != nil {
		t.Fatal(err)
	}
	return exports[0], w.Path
}

// relink puts a link to elsewhere in the place of a directory.
func relink(t *testing.T, root, name string) {
	t.Helper()
	name = filepath.Join(root, name)
	if err := errors.Join(os.RemoveAll(name), os.Symlink(filepath.Join(root, "elsewhere"), name)); err != nil {
		t.Fatal(err)
	}
}

// A link that is put where an output goes, after that was checked, is not followed.
func TestOutputAtNewLink(t *testing.T) {
	for dest, link := range map[string]string{"out/f": "work/out", "out/sub/f": "work/out", "out/sub/deep/f": "work/out/sub"} {
		for _, typ := range []string{"tar", "oci", "docker"} {
			e, root := prepared(t, workspace.To(typ, dest))
			relink(t, root, link)
			var moved *host.MovedError
			if _, err := e.Output(nil); !errors.As(err, &moved) {
				t.Errorf("%s to %s: got %v", typ, dest, err)
			}
			workspace.AssertOnly(t, filepath.Join(root, "elsewhere"), "x")
		}
	}
	for name, dest := range map[string]string{"work/out": "out", "work/out/l": "out/l", "work/none": "none"} {
		e, root := prepared(t, workspace.To("oci", dest, "tar", "false"))
		relink(t, root, name)
		if err := e.Layout.Open(); err == nil {
			e.Layout.Discard()
			t.Errorf("the layout %s was opened", dest)
		}
		workspace.AssertOnly(t, filepath.Join(root, "elsewhere"), "x")
	}
}

// The place itself may be a link by then: it is replaced by what was written.
func TestOutputReplacesNewLink(t *testing.T) {
	e, root := prepared(t, workspace.To("tar", "out/f"))
	if err := os.Symlink(filepath.Join(root, "elsewhere/x"), filepath.Join(root, "work/out/f")); err != nil {
		t.Fatal(err)
	}
	write(t, e, nil)
	if data, err := os.ReadFile(filepath.Join(root, "elsewhere/x")); err != nil || len(data) > 0 {
		t.Errorf("the file behind the link holds %q, %v", data, err)
	}
	if fi, err := os.Lstat(filepath.Join(root, "work/out/f")); err != nil || !fi.Mode().IsRegular() {
		t.Errorf("the output is %v, %v", fi, err)
	}
}

// Between the writing and its end, too, the file stays where it was written.
func TestOutputCommitsWhereItWrote(t *testing.T) {
	e, root := prepared(t, workspace.To("tar", "out/f"))
	write(t, e, func() {
		if err := os.Rename(filepath.Join(root, "work/out"), filepath.Join(root, "work/moved")); err != nil {
			t.Fatal(err)
		}
		relink(t, root, "work/out")
	})
	workspace.AssertOnly(t, filepath.Join(root, "elsewhere"), "x")
	workspace.AssertOnly(t, filepath.Join(root, "work/moved"), "f", "old")
}

func write(t *testing.T, e *Export, meanwhile func()) {
	t.Helper()
	w, err := e.Output(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(w, "text")
	if meanwhile != nil {
		meanwhile()
	}
	if err := errors.Join(err, w.Close(), e.File.Commit()); err != nil {
		t.Fatal(err)
	}
}
