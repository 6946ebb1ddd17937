//go:build unix

package build

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"bake/bake"

	"golang.org/x/sys/unix"
)

// soon fails if f does not end.
func soon[T any](t *testing.T, f func() (T, error)) (T, error) {
	t.Helper()
	type result struct {
		val T
		err error
	}
	done := make(chan result, 1)
	go func() {
		val, err := f()
		done <- result{val, err}
	}()
	select {
	case r := <-done:
		return r.val, r.err
	case <-time.After(20 * time.Second):
		t.Fatal("does not end")
		panic("unreachable")
	}
}

// special makes what is no regular file, each below its name, and a file that is
// too large.
func (w *workspace) special() map[string]string {
	w.Helper()
	at := func(name string) string { return filepath.Join(w.dir, name) }
	must := func(err error) {
		w.Helper()
		if err != nil {
			w.Fatal(err)
		}
	}
	must(os.Mkdir(at("directory"), 0o755))
	must(os.Symlink("socket", at("link-to-socket")))
	must(os.Symlink("loop", at("loop")))
	must(os.Symlink(os.DevNull, at("device")))
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: at("socket"), Net: "unix"})
	must(err)
	w.Cleanup(func() { l.Close() })
	must(os.WriteFile(at("large"), nil, 0o644))
	must(os.Truncate(at("large"), maxText+1))
	return map[string]string{
		"link-to-socket": "socket", "directory": "is a directory", "loop": "too many levels",
		"socket": "socket", "large": "larger than 16MiB",
	}
}

// TestReadBelow reads what the engine would see of a directory, and nothing else.
func TestReadBelow(t *testing.T) {
	w := newWorkspace(t, map[string]string{"secret": "outside", "ctx/file": "inside", "ctx/sub/other": "below"})
	ctx := &workspace{TB: t, dir: filepath.Join(w.dir, "ctx")}
	wrong := ctx.special()
	wrong["device"] = "leads out"
	for name, target := range map[string]string{
		"near": "file", "twice": "near", "deep": "sub/other", "sub/up": "../file", "dir": "sub", "lexical": "sub/../file",
		"out": "../secret", "absolute": filepath.Join(w.dir, "secret"), "chain": "out", "gone": "nothing", "above": "../../ctx/secret",
		"clamped": "../file", "rooted": "/sub/other", "inside": filepath.Join(w.dir, "ctx/file"),
	} {
		if err := os.Symlink(target, filepath.Join(ctx.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"file": "inside", "near": "inside", "twice": "inside", "deep": "below", "sub/up": "inside", "dir/other": "below", "lexical": "inside",
		"clamped": "inside", "rooted": "below", // as to the engine, to which ctx is /
	} {
		data, err := soon(t, func() ([]byte, error) { return readBelow(ctx.dir, name) })
		if err != nil || string(data) != want {
			t.Errorf("%s: got %q, %v", name, data, err)
		}
	}
	for _, name := range []string{"out", "absolute", "chain", "above", "inside"} {
		wrong[name] = "leads out of its directory"
	}
	wrong["gone"], wrong["none"] = "no such file", "no such file"
	for name, want := range wrong {
		_, err := soon(t, func() ([]byte, error) { return readBelow(ctx.dir, name) })
		var at *fs.PathError
		if err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, &at) || at.Path != filepath.Join(ctx.dir, name) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
		if got := errors.Is(err, fs.ErrNotExist); got != (name == "gone" || name == "none") {
			t.Errorf("%s: not there is %v", name, got)
		}
	}
}

// TestReadRegular reads a regular file wherever it is.
func TestReadRegular(t *testing.T) {
	w := newWorkspace(t, map[string]string{"file": "text"})
	wrong := w.special()
	wrong["device"], wrong["loop"] = "device", "too many links"
	if err := os.Symlink(filepath.Join(w.dir, "file"), filepath.Join(w.dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"file", "link"} {
		if data, err := readRegular(filepath.Join(w.dir, name)); err != nil || string(data) != "text" {
			t.Errorf("%s: got %q, %v", name, data, err)
		}
	}
	for name, want := range wrong {
		if _, err := soon(t, func() ([]byte, error) { return readRegular(filepath.Join(w.dir, name)) }); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
	if _, err := readRegular(filepath.Join(w.dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of none: %v", err)
	}
}

// TestReadBounded reads a FIFO to its end, and no more of anything than the bound.
func TestReadBounded(t *testing.T) {
	w := newWorkspace(t, nil)
	w.special()
	fifo := filepath.Join(w.dir, "fifo")
	if err := unix.Mkfifo(fifo, 0o644); err != nil {
		t.Fatal(err)
	}
	go func() { _ = os.WriteFile(fifo, []byte("text"), 0) }()
	if data, err := soon(t, func() ([]byte, error) { return readBounded(fifo, maxText) }); err != nil || string(data) != "text" {
		t.Errorf("FIFO: got %q, %v", data, err)
	}
	go func() { _ = os.WriteFile(fifo, make([]byte, maxSecretSize+1), 0) }()
	if _, err := soon(t, func() ([]byte, error) { return readBounded(fifo, maxSecretSize) }); err == nil || !strings.Contains(err.Error(), "larger than 500KiB") {
		t.Errorf("FIFO of many bytes: got %v", err)
	}
	large := filepath.Join(w.dir, "large")
	store := &secretStore{sources: map[string]secret{"key": {File: large}}}
	if _, err := soon(t, func() ([]byte, error) { return store.GetSecret(t.Context(), "key") }); err == nil {
		t.Error("a secret has no bound")
	}
	opt := &Caller{Dir: w.dir, Env: bake.Env{staticPolicyVar: large}}
	if _, err := soon(t, func() (any, error) { return staticPolicy(opt) }); err == nil || !strings.Contains(err.Error(), "larger than 16MiB") {
		t.Errorf("source policy: %v", err)
	}
}

// TestSpecialDockerfile gives an error that names the file and says why.
func TestSpecialDockerfile(t *testing.T) {
	w := newWorkspace(t, map[string]string{"outside": "FROM scratch\n"})
	wrong := w.special()
	wrong["device"] = "the link to /dev/null leads out of its directory"
	for name, want := range wrong {
		for _, target := range []*bake.Target{{Dockerfile: name}, {Dockerfile: "cwd://" + name}, {Dockerfile: filepath.Join(w.dir, name)}} {
			_, err := soon(t, func() (*dockerfile, error) { return findDockerfile(target, w.dir, w.dir) })
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), filepath.Join(w.dir, name)) {
				t.Errorf("%s: got %v, want %s", target.Dockerfile, err, want)
			}
		}
	}
	lower := &workspace{TB: t, dir: t.TempDir()}
	lower.special()
	if err := os.Rename(filepath.Join(lower.dir, "socket"), filepath.Join(lower.dir, "dockerfile")); err != nil {
		t.Fatal(err)
	}
	if _, err := soon(t, func() (*dockerfile, error) { return findDockerfile(&bake.Target{}, lower.dir, lower.dir) }); err == nil || !strings.Contains(err.Error(), "socket") {
		t.Errorf("in lower case: %v", err)
	}
}

// TestLinkedDockerfile follows a link out of the directory of a Dockerfile, where
// the frontend would not, but not out of the context.
func TestLinkedDockerfile(t *testing.T) {
	w := newWorkspace(t, map[string]string{
		"common": "FROM outside\n", "ctx/common": "FROM common\n", "ctx/app/Dockerfile.dockerignore": "x\n", "other/common": "FROM other\n",
	})
	for name, target := range map[string]string{"ctx/app/Dockerfile": "../common", "ctx/app/out": "../../common", "other/Dockerfile": "../ctx/common"} {
		if err := os.Symlink(target, filepath.Join(w.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	ctx := filepath.Join(w.dir, "ctx")
	d, err := findDockerfile(&bake.Target{Dockerfile: "app/Dockerfile"}, w.dir, ctx)
	if err != nil || string(d.data) != "FROM common\n" {
		t.Fatalf("got %+v, %v", d, err)
	}
	tree, err := d.dir() // for a frontend that does not get it in the definition
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"Dockerfile": "FROM common\n", "Dockerfile.dockerignore": "x\n"} {
		f, err := tree.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 100)
		n, _ := f.Read(got)
		if f.Close(); string(got[:n]) != want {
			t.Errorf("%s holds %q", name, got[:n])
		}
	}
	for _, file := range []string{"app/out", "../other/Dockerfile"} {
		if d, err := findDockerfile(&bake.Target{Dockerfile: file}, w.dir, ctx); err == nil {
			t.Errorf("%s was read: %q", file, d.data)
		}
	}
}

// TestSpecialIgnoreFile takes no rules from what the frontend takes none from, and
// says so.
func TestSpecialIgnoreFile(t *testing.T) {
	for _, name := range []string{".dockerignore", "Dockerfile.dockerignore"} {
		for kind, want := range (&workspace{TB: t, dir: t.TempDir()}).special() {
			w := newWorkspace(t, map[string]string{"Dockerfile": "FROM scratch\n"})
			w.special()
			if err := os.Rename(filepath.Join(w.dir, kind), filepath.Join(w.dir, name)); err != nil {
				t.Fatal(err)
			}
			if kind == "loop" {
				continue // of that name it would be none
			}
			for what, target := range map[string]*bake.Target{
				"context": {Context: ".", Dockerfile: "Dockerfile"}, "named context": {Context: ".", Dockerfile: "Dockerfile", DockerfileInline: inline("FROM scratch\n"), Contexts: map[string]string{"c": "."}},
			} {
				if target.DockerfileInline != nil && name != ".dockerignore" {
					continue
				}
				got, err := soon(t, func() (*inputs, error) { return prepareInputs(target, nil, false, &Caller{Dir: w.dir}, &sources{}) })
				if kind == "large" {
					if err == nil || !strings.Contains(err.Error(), name+": "+"it is "+want) {
						t.Errorf("%s, %s: got %v", what, kind, err)
					}
					continue
				}
				if err != nil || len(got.warnings) == 0 || !strings.Contains(got.warnings[0], want) || !strings.HasPrefix(got.warnings[0], name+" has no effect: ") {
					t.Errorf("%s, %s as %s: got %v, %v", what, kind, name, got, err)
				}
			}
		}
	}
}

// TestSpecialPolicy refuses a policy that is no file.
func TestSpecialPolicy(t *testing.T) {
	w := newWorkspace(t, map[string]string{"Dockerfile": "FROM scratch\n"})
	wrong := w.special()
	p := &policyFS{dir: w.dir, context: w.dir}
	delete(wrong, "directory") // may be opened, not read
	for name, want := range wrong {
		for _, file := range []string{name, "cwd://" + name} {
			if _, err := soon(t, func() ([]byte, error) { return p.read(file) }); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %s", file, err, want)
			}
		}
	}
	if err := os.Rename(filepath.Join(w.dir, "socket"), filepath.Join(w.dir, "Dockerfile.rego")); err != nil {
		t.Fatal(err)
	}
	q := &policies{target: &bake.Target{}, inputs: &inputs{dockerfile: &dockerfile{path: filepath.Join(w.dir, "Dockerfile")}}}
	if _, err := soon(t, func() ([]ruleFile, error) { return q.usual(&Caller{Dir: w.dir}) }); err == nil || !strings.Contains(err.Error(), "socket") {
		t.Errorf("beside a Dockerfile: %v", err)
	}
}

// TestCheckRegular names what is no regular file.
func TestCheckRegular(t *testing.T) {
	for mode, want := range map[fs.FileMode]string{
		0: "", fs.ModeNamedPipe: "named pipe", fs.ModeSocket: "socket", fs.ModeDevice: "device", fs.ModeDevice | fs.ModeCharDevice: "device", fs.ModeDir: "directory",
	} {
		info, err := fs.Stat(fstest.MapFS{"x": {Mode: mode | 0o644}}, "x")
		if err != nil {
			t.Fatal(err)
		}
		if err := checkRegular(info); err == nil && want != "" || err != nil && (want == "" || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %s", mode, err, want)
		}
	}
}
