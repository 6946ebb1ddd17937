package compose_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bake/compose"
)

// lenient is what buildx refuses in files of the corpus and bake does not, with
// the reason. None of it concerns a build.
var lenient = map[string]string{
	"/environments/": "the env file is of a service that is not built",
	`service "fdb" has neither an image nor a build`:                              "the image comes from a variable that is not set",
	"invalid spec: :/etc/clickhouse-server/config.xml: empty section between col": "a volume, from a variable that is not set",
}

// corpusFiles are the absolute names of the Compose files of the corpus, none
// when there is no corpus.
func corpusFiles(t *testing.T) []string {
	root := corpusRoot(t)
	if _, err := os.Stat(root); err != nil {
		return nil
	}
	var names []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		base := strings.ToLower(filepath.Base(path))
		if err == nil && !d.IsDir() && strings.Contains(base, "compose") && (strings.HasSuffix(base, ".yml") || strings.HasSuffix(base, ".yaml")) {
			names = append(names, path)
		}
		return err
	})
	if err != nil || len(names) == 0 {
		t.Fatal("no Compose files", err)
	}
	return names
}

func corpusRoot(t *testing.T) string {
	root := os.Getenv("BAKE_CORPUS")
	if root == "" {
		root = "../../shared/corpus"
	}
	root, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	if real, err := filepath.EvalSymlinks(root); err == nil {
		root = real // Compose prints it so
	}
	return root
}

// TestCorpus asks buildx for each Compose file of the corpus.
func TestCorpus(t *testing.T) {
	root, names := corpusRoot(t), corpusFiles(t)
	if len(names) == 0 {
		t.Skip("no corpus: set BAKE_CORPUS to a directory with Compose files of real projects")
	}
	built := 0
	for _, name := range names {
		rel, _ := filepath.Rel(root, name)
		t.Run(rel, func(t *testing.T) {
			t.Chdir(filepath.Dir(name))
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files := []compose.File{{Name: filepath.Base(name), Data: data}}
			got, gotErr := ours(t, files)
			want, wantErr := peers(files)
			if wantErr == nil && want != "" {
				built++
			}
			if wantErr != nil && gotErr == nil {
				for text, why := range lenient {
					if strings.Contains(wantErr.Error(), text) {
						t.Logf("%v: %s", wantErr, why)
						return
					}
				}
			}
			if got != want || (gotErr == nil) != (wantErr == nil) {
				t.Errorf("ours:\n%s%v\nbuildx:\n%s%v", got, gotErr, want, wantErr)
			}
		})
	}
	t.Logf("%d files, %d with targets", len(names), built)
}
