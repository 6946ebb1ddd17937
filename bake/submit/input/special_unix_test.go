//go:build unix

package input

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bake/bake"
	"bake/bake/submit/host"
	"bake/bake/submit/source"
	"bake/tests/workspace"
)

// TestSpecialIgnoreFile takes no rules from what the frontend takes none from, and
// says so.
func TestSpecialIgnoreFile(t *testing.T) {
	for _, name := range []string{".dockerignore", "Dockerfile.dockerignore"} {
		for kind, want := range (&workspace.Dir{TB: t, Path: t.TempDir()}).Special(host.MaxText) {
			w := workspace.New(t, map[string]string{"Dockerfile": "FROM scratch\n"})
			w.Special(host.MaxText)
			if err := os.Rename(filepath.Join(w.Path, kind), filepath.Join(w.Path, name)); err != nil {
				t.Fatal(err)
			}
			if kind == "loop" {
				continue // of that name it would be none
			}
			for what, target := range map[string]*bake.Target{
				"context": {Context: ".", Dockerfile: "Dockerfile"}, "named context": {Context: ".", Dockerfile: "Dockerfile", DockerfileInline: workspace.Ptr("FROM scratch\n"), Contexts: map[string]string{"c": "."}},
			} {
				if target.DockerfileInline != nil && name != ".dockerignore" {
					continue
				}
				got, err := workspace.Soon(t, func() (*Inputs, error) {
					return Prepare(target, nil, false, &host.Caller{Dir: w.Path}, &source.Sources{})
				})
				if kind == "large" {
					if err == nil || !strings.Contains(err.Error(), name+": "+"it is "+want) {
						t.Errorf("%s, %s: got %v", what, kind, err)
					}
					continue
				}
				if err != nil || len(got.Warnings) == 0 || !strings.Contains(got.Warnings[0], want) || !strings.HasPrefix(got.Warnings[0], name+" has no effect: ") {
					t.Errorf("%s, %s as %s: got %v, %v", what, kind, name, got, err)
				}
			}
		}
	}
}
