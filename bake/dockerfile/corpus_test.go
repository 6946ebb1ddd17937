package dockerfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// dockerfilesVar names a folder with real Dockerfiles.
const dockerfilesVar = "BAKE_DOCKERFILES"

// TestRealDockerfiles compares the model with BuildKit's own code on real files,
// each for two platforms, for its last stage and for each that has a name.
func TestRealDockerfiles(t *testing.T) {
	dir := os.Getenv(dockerfilesVar)
	if dir == "" {
		t.Skip("no Dockerfiles: set " + dockerfilesVar + " to a folder with real ones")
	}
	var files, runs, failing, foreign int
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(strings.ToLower(name), "dockerfile") || strings.HasSuffix(name, "ignore") || strings.HasSuffix(name, ".hcl") || strings.HasSuffix(name, ".tree") {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		files++
		rel, _ := filepath.Rel(dir, name)
		f, parseErr := Parse(text)
		if parseErr == nil && f.Foreign(nil) != "" {
			foreign++
			return nil
		}
		stages := []string{""}
		if parseErr == nil && len(f.Stages) <= 60 {
			for _, s := range f.Stages {
				if s.Name != "" {
					stages = append(stages, s.Name)
				}
			}
		}
		t.Run(rel, func(t *testing.T) {
			for _, stage := range stages {
				for _, req := range []Request{{Platform: amd64, Native: amd64}, {Platform: arm64, Native: amd64}} {
					req.Stage = stage
					runs++
					if compare(t, string(text), req, nil) {
						failing++
					}
				}
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files, %d of them for another frontend; %d runs, of which %d fail with both", files, foreign, runs, failing)
}
