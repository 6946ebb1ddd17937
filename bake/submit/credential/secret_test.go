package credential

import (
	"path/filepath"
	"testing"

	"bake/bake"
	"bake/bake/submit/host"
	"bake/tests/workspace"
)

func TestSecretRule(t *testing.T) {
	w := workspace.New(t, map[string]string{"FILE": "x"})
	opt := &host.Caller{Dir: w.Path, Env: bake.Env{"VAR": "v", "EMPTY": ""}}
	file := filepath.Join(w.Path, "FILE")
	for name, c := range map[string]struct {
		in   bake.Secret
		want Secret
	}{
		"variable of that name":       {bake.Secret{ID: "VAR"}, Secret{Env: "VAR"}},
		"empty variable of that name": {bake.Secret{ID: "EMPTY"}, Secret{Env: "EMPTY"}},
		"file of that name":           {bake.Secret{ID: "FILE"}, Secret{File: file}},
		"variable":                    {bake.Secret{ID: "a", Env: "OTHER"}, Secret{Env: "OTHER"}},
		"file":                        {bake.Secret{ID: "a", Src: "FILE"}, Secret{File: file}},
	} {
		if got, err := findSecret(c.in, opt); err != nil || got != c.want {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	if _, err := findSecret(bake.Secret{ID: "none"}, opt); err == nil {
		t.Error("a missing file was taken")
	}
	if _, err := findSecret(bake.Secret{}, opt); err == nil {
		t.Error("a secret without id was taken")
	}
}
