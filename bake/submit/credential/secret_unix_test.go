//go:build unix

package credential

import (
	"path/filepath"
	"testing"

	"bake/tests/workspace"
)

func TestBoundedSecret(t *testing.T) {
	w := workspace.New(t, nil)
	w.Special(maxSecretSize)
	store := &secretStore{sources: map[string]Secret{"key": {File: filepath.Join(w.Path, "large")}}}
	if _, err := workspace.Soon(t, func() ([]byte, error) { return store.GetSecret(t.Context(), "key") }); err == nil {
		t.Error("a secret has no bound")
	}
}
