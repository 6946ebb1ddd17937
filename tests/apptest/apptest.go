// Package apptest makes the app that verbs get, over memory.
package apptest

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bake/bake"
	"bake/cmd/app"
	"bake/cmd/terminal"
)

// New is an app over memory, in a directory of its own and with an
// empty environment.
func New(t *testing.T, args ...string) (a *app.App, out, err *bytes.Buffer) {
	t.Helper()
	out, err = &bytes.Buffer{}, &bytes.Buffer{}
	dir := t.TempDir()
	return &app.App{
		Streams: terminal.Streams{In: strings.NewReader(""), Out: out, Err: err, Width: terminal.DefaultWidth},
		Env:     bake.Env{"HOME": dir},
		Dir:     dir,
		Args:    args,
	}, out, err
}

// WriteFile puts a file into the working directory of an app.
func WriteFile(t *testing.T, a *app.App, name, text string) {
	t.Helper()
	path := filepath.Join(a.Dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
