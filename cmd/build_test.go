package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bake/cmd/builders"
	"bake/cmd/exit"
	"bake/tests/apptest"
)

// TestEmptyGroup builds what has no targets: nothing is started for it, and
// programs find what they look for.
func TestEmptyGroup(t *testing.T) {
	for name, text := range map[string]string{
		"docker-bake.hcl":  "group \"default\" { targets = [] }\n",
		"docker-bake.json": `{"group": {"default": {"targets": ["none"]}, "none": {"targets": []}}}`,
		"compose.yaml":     "services:\n  db:\n    image: postgres\n",
	} {
		t.Run(name, func(t *testing.T) {
			a, stdout, stderr := apptest.New(t)
			metadata, state := filepath.Join(a.Dir, "m.json"), filepath.Join(a.Dir, "engine")
			a.Args = []string{"--metadata-file", metadata, "--builder", builders.EmbeddedName}
			a.Env["BAKE_ENGINE_DIR"] = state
			apptest.WriteFile(t, a, name, text)
			if code := runCommand(a); code != exit.OK {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			if _, err := os.Stat(state); err == nil {
				t.Error("an engine was started")
			}
			if want := "note: nothing to build: what was asked for has no targets\n"; stderr.String() != want || stdout.Len() > 0 {
				t.Errorf("got %q, want %q", stderr, want)
			}
			data, err := os.ReadFile(metadata)
			if err != nil || !strings.Contains(string(data), `"targets": {}`) {
				t.Errorf("no metadata: %v %s", err, data)
			}
		})
	}
}
