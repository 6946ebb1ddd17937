package output

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"bake/tests/workspace"
)

func TestOutFile(t *testing.T) {
	dir := t.TempDir()
	o := &File{path: filepath.Join(dir, "sub", "f")}
	write := func(text string) {
		t.Helper()
		w, err := o.open(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	if _, err := os.Stat(o.path); !os.IsNotExist(err) {
		t.Fatal("the file is there before commit")
	}
	if err := o.Commit(); err != nil {
		t.Fatal(err)
	}
	write("half")
	o.Discard()
	data, err := os.ReadFile(o.path)
	if err != nil || string(data) != "one" {
		t.Errorf("after discard the file holds %q, %v", data, err)
	}
	workspace.AssertOnly(t, filepath.Dir(o.path), "f")

	null := &File{path: os.DevNull}
	if w, err := null.open(nil); err != nil || w.Close() != nil || null.Commit() != nil {
		t.Errorf("cannot write to %s: %v", os.DevNull, err)
	}
	if fi, err := os.Stat(os.DevNull); err != nil || fi.Mode().IsRegular() {
		t.Fatalf("%s was replaced", os.DevNull)
	}
}
