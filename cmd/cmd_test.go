package cmd

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bake/bake"
)

// newTestApp is an app over memory, in a directory of its own and with an
// empty environment.
func newTestApp(t *testing.T, args ...string) (a *app, out, err *bytes.Buffer) {
	t.Helper()
	out, err = &bytes.Buffer{}, &bytes.Buffer{}
	dir := t.TempDir()
	return &app{
		streams: streams{in: strings.NewReader(""), out: out, err: err, width: defaultWidth},
		env:     bake.Env{"HOME": dir},
		dir:     dir,
		args:    args,
	}, out, err
}

// write puts a file into the working directory of an app.
func (a *app) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(a.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// update says whether goldens are rewritten instead of compared.
func update() bool { return os.Getenv("BAKE_UPDATE") == "1" }

// golden compares text with a file, or rewrites the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if update() {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatalf("%v; make it with BAKE_UPDATE=1", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is out of date (rewrite it with BAKE_UPDATE=1):\n%s", name, diff)
	}
}
