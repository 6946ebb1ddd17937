//go:build unix

package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bake/bake"
	"bake/bake/submit/dockerfile"
	"bake/bake/submit/host"
	"bake/bake/submit/input"
	"bake/tests/workspace"
)

// TestSpecialPolicy refuses a policy that is no file.
func TestSpecialPolicy(t *testing.T) {
	w := workspace.New(t, map[string]string{"Dockerfile": "FROM scratch\n"})
	wrong := w.Special(host.MaxText)
	p := &policyFS{dir: w.Path, context: w.Path}
	delete(wrong, "directory") // may be opened, not read
	for name, want := range wrong {
		for _, file := range []string{name, "cwd://" + name} {
			if _, err := workspace.Soon(t, func() ([]byte, error) { return p.read(file) }); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %s", file, err, want)
			}
		}
	}
	if err := os.Rename(filepath.Join(w.Path, "socket"), filepath.Join(w.Path, "Dockerfile.rego")); err != nil {
		t.Fatal(err)
	}
	q := &Policies{Target: &bake.Target{}, Inputs: &input.Inputs{Dockerfile: &dockerfile.File{Path: filepath.Join(w.Path, "Dockerfile")}}}
	if _, err := workspace.Soon(t, func() ([]ruleFile, error) { return q.usual(&host.Caller{Dir: w.Path}) }); err == nil || !strings.Contains(err.Error(), "socket") {
		t.Errorf("beside a Dockerfile: %v", err)
	}
}

func TestBoundedSourcePolicy(t *testing.T) {
	w := workspace.New(t, nil)
	w.Special(host.MaxText)
	opt := &host.Caller{Env: bake.Env{staticPolicyVar: filepath.Join(w.Path, "large")}}
	if _, err := workspace.Soon(t, func() (any, error) { return Static(opt) }); err == nil || !strings.Contains(err.Error(), "larger than 16MiB") {
		t.Errorf("source policy: %v", err)
	}
}
