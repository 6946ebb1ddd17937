// Package workspace makes directories with files for tests, and small plans of
// targets that are built there.
package workspace

import (
	"os"
	"path/filepath"
	"testing"

	"bake/bake"

	"github.com/google/go-cmp/cmp"
)

// Dir is a directory with files, some of them executable copies of
// busybox, since nothing can be pulled.
type Dir struct {
	testing.TB
	Path string
}

// New makes a directory with files, each text under its name.
func New(t testing.TB, files map[string]string) *Dir {
	t.Helper()
	w := &Dir{TB: t, Path: t.TempDir()}
	for name, text := range files {
		w.Write(name, text)
	}
	return w
}

func (w *Dir) Write(name, text string) {
	w.Helper()
	full := filepath.Join(w.Path, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		w.Fatal(err)
	}
}

// Busybox puts a shell into the workspace.
func (w *Dir) Busybox() {
	w.Helper()
	data, err := os.ReadFile("/bin/busybox")
	if err != nil {
		w.Skip("needs a static busybox at /bin/busybox")
	}
	if err := os.WriteFile(filepath.Join(w.Path, "busybox"), data, 0o755); err != nil {
		w.Fatal(err)
	}
}

func (w *Dir) Read(name string) string {
	w.Helper()
	data, err := os.ReadFile(filepath.Join(w.Path, name))
	if err != nil {
		w.Fatal(err)
	}
	return string(data)
}

// Use makes consumer use the result of producer as a named context.
func Use(consumer *bake.Target, name string, producer *bake.Target) {
	if consumer.Contexts == nil {
		consumer.Contexts = map[string]string{}
	}
	consumer.Contexts[name] = "target:" + producer.Name
	consumer.Links = append(consumer.Links, bake.Link{Context: name, Target: producer})
}

// To is a list of one output, whose attributes are pairs of a key and a value.
func To(typ, dest string, attrs ...string) []bake.Entry {
	e := bake.Entry{Type: typ, Dest: dest, Attrs: map[string]string{}}
	for i := 0; i+1 < len(attrs); i += 2 {
		e.Attrs[attrs[i]] = attrs[i+1]
	}
	return []bake.Entry{e}
}

// AssertOnly fails if dir holds anything but names.
func AssertOnly(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !cmp.Equal(got, names) {
		t.Error(cmp.Diff(names, got))
	}
}

// Ptr is a pointer to a copy of v.
func Ptr[T any](v T) *T { return &v }
