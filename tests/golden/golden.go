// Package golden compares what a test gets with a file.
package golden

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Update says whether goldens are rewritten instead of compared.
func Update() bool { return os.Getenv("BAKE_UPDATE") == "1" }

// Check compares text with a file, or rewrites the file.
func Check(t *testing.T, name, got string) {
	t.Helper()
	if Update() {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatalf("%v; make it with BAKE_UPDATE=1", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is out of date (rewrite it with BAKE_UPDATE=1):\n%s", name, diff)
	}
}
