//go:build unix

package host

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"bake/tests/workspace"
)

// linked is a directory with links: work is reached as alias/work, too.
func linked(t *testing.T) string {
	t.Helper()
	w := workspace.New(t, map[string]string{"real/work/sub/file": "inside", "real/near": "near", "far/deep/file": "far", "beside": "beside"})
	root := Place("", w.Path)
	for link, to := range map[string]string{
		"alias": "real", "link": "real/work/sub", "real/work/out": "../../far/deep", "real/work/gone": "../../far/none/yet", "real/work/round": "round",
	} {
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// What is written means the same however the working directory was reached.
func TestPlace(t *testing.T) {
	root := linked(t)
	for written, want := range map[string]string{
		"": "real/work", ".": "real/work", "sub/file": "real/work/sub/file", "sub//./file/": "real/work/sub/file",
		"..": "real", "../near": "real/near", "sub/../../near": "real/near",
		"out": "far/deep", "out/file": "far/deep/file", "out/..": "far", "out/../../beside": "beside",
		"none/yet": "real/work/none/yet", "out/none/yet": "far/deep/none/yet",
		"gone": "far/none/yet", "gone/below": "far/none/yet/below", "round": "real/work/round",
		"cwd://sub": "real/work/sub", "cwd://../near": "real/near", "cwd://out": "far/deep", "cwd://": "real/work",
		"cwd://" + root + "/alias": "real", root + "/link/../x": "real/work/x", root + "/alias/near": "real/near",
	} {
		for _, dir := range []string{"real/work", "alias/work", "link/.."} {
			at := Caller{Dir: root + "/" + dir}
			if got := at.Place(written); got != filepath.Join(root, want) {
				t.Errorf("from %s, %q is %s, want %s", dir, written, got, want)
			}
		}
	}
}

// A directory that $PWD reaches by a link is where the kernel says.
func TestPlaceOfWorkingDirectory(t *testing.T) {
	root := linked(t)
	t.Chdir(filepath.Join(root, "link")) // sets PWD
	for _, dir := range []string{"", "."} {
		if got := Place(dir, "../../near"); got != filepath.Join(root, "real/near") {
			t.Errorf("with $PWD it is %s", got)
		}
	}
	t.Setenv("PWD", "")
	if got := Place("", "../../near"); got != filepath.Join(root, "real/near") {
		t.Errorf("without $PWD it is %s", got)
	}
}

// What a shell makes of <(COMMAND) has a name that leads to no name.
func TestPlaceOfPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() { io.WriteString(w, "text"); w.Close() }()
	name := fmt.Sprintf("/dev/fd/%d", r.Fd())
	f, err := Open(Place("", name))
	if err != nil {
		t.Skip("no such names here:", err)
	}
	defer f.Close()
	if data, err := io.ReadAll(f); err != nil || string(data) != "text" {
		t.Errorf("got %q, %v", data, err)
	}
}

// A link that is put in the way of a place is not followed, wherever it stands.
func TestMovedPlaces(t *testing.T) {
	for name, relink := range map[string]string{"the last": "dir/sub", "one before": "dir", "to the same": "same"} {
		w := workspace.New(t, map[string]string{"dir/sub/file": "old", "other/sub/file": "new", "other/file": "new", "same/sub/file": "same", "moved/sub/file": "same"})
		root := Place("", w.Path)
		dir := filepath.Join(root, "dir/sub")
		target := filepath.Join(root, "other")
		if relink == "same" {
			dir, target = filepath.Join(root, "same/sub"), filepath.Join(root, "moved")
		}
		use := map[string]func() error{
			"open": func() error { return closed(Open(filepath.Join(dir, "file"))) }, "write": func() error { return closed(OpenWrite(filepath.Join(dir, "file"))) },
			"open dir": func() error { return closed(OpenDir(dir)) }, "make dir": func() error { return closed(MakeDir(dir, 0o755)) },
			"make below": func() error { return closed(MakeDir(filepath.Join(dir, "new/er"), 0o755)) },
			"below":      func() error { _, err := ReadBelow(dir, "file"); return err }, "still": func() error { return Still(dir) },
		}
		for what, f := range use {
			if err := f(); err != nil {
				t.Errorf("%s, %s: before it is %v", name, what, err)
			}
		}
		if err := errors.Join(os.RemoveAll(filepath.Join(root, relink)), os.Symlink(target, filepath.Join(root, relink))); err != nil {
			t.Fatal(err)
		}
		for what, f := range use {
			var moved *MovedError
			if err := f(); !errors.As(err, &moved) {
				t.Errorf("%s, %s: got %v", name, what, err)
			}
		}
		if _, err := os.Stat(filepath.Join(target, "new")); err == nil {
			t.Errorf("%s: a directory was made behind the link", name)
		}
	}
}

// A link to nothing is no way to make a directory elsewhere.
func TestMakeDirAtLink(t *testing.T) {
	root := Place("", t.TempDir())
	if err := os.Symlink(filepath.Join(root, "elsewhere"), filepath.Join(root, "out")); err != nil {
		t.Fatal(err)
	}
	var moved *MovedError
	if err := closed(MakeDir(filepath.Join(root, "out"), 0o755)); !errors.As(err, &moved) {
		t.Errorf("got %v", err)
	}
	if err := closed(MakeDir(filepath.Join(root, "a/b/c"), 0o755)); err != nil {
		t.Error(err)
	}
	workspace.AssertOnly(t, root, "a", "out")
}

// The links of a layout are found wherever what reads it follows them.
func TestLed(t *testing.T) {
	w := workspace.New(t, map[string]string{
		"l/blobs/sha256/a": "", "l/ingest/x/data": "", "l/other/deep/x": "", "store/sha256/b": "", "file": "",
	})
	root := Place("", w.Path)
	for link, to := range map[string]string{
		"l/index.json": "../file", "l/blobs/sha512": "../../store/sha256", "l/blobs/sha256/c": "../../../file", "l/blobs/sha256/d": "a",
		"l/ingest/y": "/none", "store/sha256/e": "/elsewhere", "l/other/deep/y": "/unread",
	} {
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]bool{}
	for _, place := range Led(filepath.Join(root, "l")) {
		got[place] = true
	}
	for _, want := range []string{root + "/file", root + "/store/sha256", "/none", "/elsewhere"} {
		if !got[want] {
			t.Errorf("%s is not found", want)
		}
		delete(got, want)
	}
	if len(got) > 0 {
		t.Errorf("found %v, too", got)
	}
	at := &Caller{Dir: root, Granted: func(place string, write bool) bool { return !write && place != "/none" }}
	if err := at.CheckLed(filepath.Join(root, "l"), false); err == nil || err.Error() != "a link in l leads to /none, which was not granted" {
		t.Errorf("got %v", err)
	}
	if err := at.CheckLed(filepath.Join(root, "l/ingest/x"), true); err != nil {
		t.Errorf("what has no links is refused: %v", err)
	}
}

func closed(c io.Closer, err error) error {
	if err == nil {
		err = c.Close()
	}
	return err
}
