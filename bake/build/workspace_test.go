package build

import (
	"os"
	"path/filepath"
	"testing"

	"bake/bake"

	"github.com/google/go-cmp/cmp"
)

// workspace is a directory with files, some of them executable copies of
// busybox, since nothing can be pulled.
type workspace struct {
	testing.TB
	dir string
}

func newWorkspace(t testing.TB, files map[string]string) *workspace {
	t.Helper()
	w := &workspace{TB: t, dir: t.TempDir()}
	for name, text := range files {
		w.write(name, text)
	}
	return w
}

func (w *workspace) write(name, text string) {
	w.Helper()
	full := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		w.Fatal(err)
	}
}

// busybox puts a shell into the workspace.
func (w *workspace) busybox() {
	w.Helper()
	data, err := os.ReadFile("/bin/busybox")
	if err != nil {
		w.Skip("needs a static busybox at /bin/busybox")
	}
	if err := os.WriteFile(filepath.Join(w.dir, "busybox"), data, 0o755); err != nil {
		w.Fatal(err)
	}
}

func (w *workspace) read(name string) string {
	w.Helper()
	data, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		w.Fatal(err)
	}
	return string(data)
}

// use makes consumer use the result of producer as a named context.
func use(consumer *bake.Target, name string, producer *bake.Target) {
	if consumer.Contexts == nil {
		consumer.Contexts = map[string]string{}
	}
	consumer.Contexts[name] = "target:" + producer.Name
	consumer.Links = append(consumer.Links, bake.Link{Context: name, Target: producer})
}

func inline(text string) *string { return &text }

func to(typ, dest string, attrs ...string) []bake.Entry {
	e := bake.Entry{Type: typ, Dest: dest, Attrs: map[string]string{}}
	for i := 0; i+1 < len(attrs); i += 2 {
		e.Attrs[attrs[i]] = attrs[i+1]
	}
	return []bake.Entry{e}
}

// assertOnly fails if dir holds anything but names.
func assertOnly(t *testing.T, dir string, names ...string) {
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
