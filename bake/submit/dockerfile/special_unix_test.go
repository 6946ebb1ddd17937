//go:build unix

package dockerfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bake/bake"
	"bake/bake/submit/host"
	"bake/tests/workspace"
)

// TestSpecialDockerfile gives an error that names the file and says why.
func TestSpecialDockerfile(t *testing.T) {
	w := workspace.New(t, map[string]string{"outside": "FROM scratch\n"})
	wrong := w.Special(host.MaxText)
	wrong["device"] = "the link to /dev/null leads out of its directory"
	for name, want := range wrong {
		for _, target := range []*bake.Target{{Dockerfile: name}, {Dockerfile: "cwd://" + name}, {Dockerfile: filepath.Join(w.Path, name)}} {
			_, err := workspace.Soon(t, func() (*File, error) { return Find(target, &host.Caller{Dir: w.Path}, w.Path) })
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), filepath.Join(w.Path, name)) {
				t.Errorf("%s: got %v, want %s", target.Dockerfile, err, want)
			}
		}
	}
	lower := &workspace.Dir{TB: t, Path: t.TempDir()}
	lower.Special(host.MaxText)
	if err := os.Rename(filepath.Join(lower.Path, "socket"), filepath.Join(lower.Path, "dockerfile")); err != nil {
		t.Fatal(err)
	}
	if _, err := workspace.Soon(t, func() (*File, error) { return Find(&bake.Target{}, &host.Caller{Dir: lower.Path}, lower.Path) }); err == nil || !strings.Contains(err.Error(), "socket") {
		t.Errorf("in lower case: %v", err)
	}
}

// TestLinkedDockerfile follows a link out of the directory of a Dockerfile, where
// the frontend would not, but not out of the context.
func TestLinkedDockerfile(t *testing.T) {
	w := workspace.New(t, map[string]string{
		"common": "FROM outside\n", "ctx/common": "FROM common\n", "ctx/app/Dockerfile.dockerignore": "x\n", "other/common": "FROM other\n",
	})
	for name, target := range map[string]string{"ctx/app/Dockerfile": "../common", "ctx/app/out": "../../common", "other/Dockerfile": "../ctx/common"} {
		if err := os.Symlink(target, filepath.Join(w.Path, name)); err != nil {
			t.Fatal(err)
		}
	}
	ctx := filepath.Join(w.Path, "ctx")
	d, err := Find(&bake.Target{Context: "ctx", Dockerfile: "app/Dockerfile"}, &host.Caller{Dir: w.Path}, ctx)
	if err != nil || string(d.Data) != "FROM common\n" {
		t.Fatalf("got %+v, %v", d, err)
	}
	tree, err := d.Dir() // for a frontend that does not get it in the definition
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
		if d, err := Find(&bake.Target{Context: "ctx", Dockerfile: file}, &host.Caller{Dir: w.Path}, ctx); err == nil {
			t.Errorf("%s was read: %q", file, d.Data)
		}
	}
}
