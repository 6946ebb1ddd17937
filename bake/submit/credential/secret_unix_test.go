//go:build unix

package credential

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"bake/bake"
	"bake/bake/submit/host"
	"bake/tests/workspace"
)

func TestBoundedSecret(t *testing.T) {
	w := workspace.New(t, nil)
	w.Special(maxSecretSize)
	store := &secretStore{at: &host.Caller{}, sources: map[string]Secret{"key": {File: filepath.Join(w.Path, "large")}}}
	if _, err := workspace.Soon(t, func() ([]byte, error) { return store.GetSecret(t.Context(), "key") }); err == nil {
		t.Error("a secret has no bound")
	}
}

// A secret is read where it was found. Where it is replaced by way of links while
// a build runs, these are followed anew, but only to where may be read.
func TestSecretAtNewLink(t *testing.T) {
	for name, c := range map[string]struct{ link, to, want string }{
		"replaced":              {"data", "two", "second"},
		"put to somewhere else": {"data", "../elsewhere", ""},
		"the file itself":       {"one/key", "../../elsewhere/key", ""},
	} {
		w := workspace.New(t, map[string]string{"work/one/key": "first", "work/two/key": "second", "elsewhere/key": "private"})
		work := filepath.Join(host.Place("", w.Path), "work")
		if err := os.Symlink("one", filepath.Join(work, "data")); err != nil {
			t.Fatal(err)
		}
		at := &host.Caller{Dir: work, Granted: func(place string, write bool) bool { return !write && host.Contains(work, place) }}
		found, err := Prepare(&bake.Target{Secrets: []bake.Secret{{ID: "key", Src: "cwd://data/key"}}}, nil, at)
		if err != nil {
			t.Fatal(err)
		}
		store := &secretStore{sources: found.Secrets, written: found.written, at: at}
		if got, err := store.GetSecret(t.Context(), "key"); err != nil || string(got) != "first" {
			t.Errorf("%s: at first it is %q, %v", name, got, err)
		}
		if err := errors.Join(os.Remove(filepath.Join(work, c.link)), os.RemoveAll(filepath.Join(work, "one", "key")), os.Symlink(c.to, filepath.Join(work, c.link))); err != nil {
			t.Fatal(err)
		}
		if got, err := store.GetSecret(t.Context(), "key"); (err == nil) != (c.want != "") || string(got) != c.want {
			t.Errorf("%s: then it is %q, %v", name, got, err)
		}
	}
}

// A key that a link has been put in the place of is not offered.
func TestKeyAtNewLink(t *testing.T) {
	w := workspace.New(t, map[string]string{"elsewhere": "no key"})
	at := &host.Caller{Dir: w.Path}
	c := &Credentials{keys: []string{at.Place("key")}}
	c.ssh = append(c.ssh, agentOf(definitionAgent(&host.Caller{Dir: w.Path, Env: bake.Env{gitSSH: "key"}}), at))
	if err := os.Symlink("elsewhere", filepath.Join(w.Path, "key")); err != nil {
		t.Fatal(err)
	}
	var moved *host.MovedError
	if _, err := c.agents(); !errors.As(err, &moved) {
		t.Errorf("got %v", err)
	}
}
