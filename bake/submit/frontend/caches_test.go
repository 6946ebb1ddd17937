package frontend

import (
	"os"
	"path/filepath"
	"testing"

	"bake/bake"
	"bake/bake/submit/host"
	"bake/tests/workspace"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
)

func TestCacheEntries(t *testing.T) {
	github := bake.Env{"ACTIONS_RUNTIME_TOKEN": "tok", "ACTIONS_CACHE_URL": "u1", "ACTIONS_RESULTS_URL": "u2", "ACTIONS_CACHE_SERVICE_V2": "true"}
	for name, c := range map[string]struct {
		in   bake.Entry
		env  bake.Env
		want map[string]string
	}{
		"registry":                       {in: bake.Entry{Type: "registry", Attrs: map[string]string{"ref": "r/c", "mode": "max"}}, want: map[string]string{"ref": "r/c", "mode": "max"}},
		"local":                          {in: bake.Entry{Type: "local", Attrs: map[string]string{"src": "c", "dest": "/d"}}, want: map[string]string{"src": "/w/c", "dest": "/d"}},
		"local of the working directory": {in: bake.Entry{Type: "local", Attrs: map[string]string{"src": "cwd://c"}, Dest: "cwd://../d"}, want: map[string]string{"src": "/w/c", "dest": "/d"}},
		"gha outside github":             {in: bake.Entry{Type: "gha"}},
		"gha":                            {in: bake.Entry{Type: "gha", Attrs: map[string]string{"scope": "s"}}, env: github, want: map[string]string{"scope": "s", "token": "tok", "url": "u1", "url_v2": "u2"}},
		"gha version 1":                  {in: bake.Entry{Type: "gha", Attrs: map[string]string{"version": "1"}}, env: github, want: map[string]string{"version": "1", "token": "tok", "url": "u1"}},
		"s3 with keys": {
			in:   bake.Entry{Type: "s3", Attrs: map[string]string{"access_key_id": "a", "secret_access_key": "b"}},
			want: map[string]string{"access_key_id": "a", "secret_access_key": "b"},
		},
		"others pass through": {in: bake.Entry{Type: "azblob", Attrs: map[string]string{"name": "x"}}, want: map[string]string{"name": "x"}},
	} {
		got := CacheEntries(t.Context(), []bake.Entry{c.in}, &host.Caller{Dir: "/w", Env: c.env})
		if c.want == nil {
			if len(got) != 0 {
				t.Errorf("%s: not left out: %v", name, got)
			}
			continue
		}
		if len(got) != 1 || got[0].Type != c.in.Type || !cmp.Equal(got[0].Attrs, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	if got := InlineCache(&bake.Target{Args: map[string]string{"BUILDKIT_INLINE_CACHE": "1"}}); len(got) != 1 || got[0].Type != "inline" {
		t.Errorf("inline cache is %v", got)
	}
}

// A local cache that a link has been put in the way of, or in, is not opened.
func TestCheckLocal(t *testing.T) {
	w := workspace.New(t, map[string]string{"cache/index.json": "", "far/x": ""})
	root := host.Place("", w.Path)
	at := &host.Caller{Dir: root, Granted: func(place string, write bool) bool { return !write }}
	for _, write := range []bool{false, true} {
		entries := []client.CacheOptionsEntry{{Type: "registry"}, {Type: "local", Attrs: map[string]string{"src": filepath.Join(root, "cache"), "dest": filepath.Join(root, "cache")}}}
		check := func(link, to string) error {
			t.Helper()
			if link != "" {
				if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
					t.Fatal(err)
				}
				defer os.Remove(filepath.Join(root, link))
			}
			return CheckLocal(entries, write, at)
		}
		if err := check("", ""); err != nil {
			t.Error(err)
		}
		if err := check("cache/blobs", "../far"); (err != nil) != write {
			t.Errorf("a link in it: %v", err)
		}
		if err := check("cache/blobs", "far"); err != nil {
			t.Errorf("a link within it: %v", err)
		}
		if err := os.Rename(filepath.Join(root, "cache"), filepath.Join(root, "moved")); err != nil {
			t.Fatal(err)
		}
		if err := check("cache", "moved"); err == nil {
			t.Error("it is a link now, which nobody sees")
		}
		if err := os.Rename(filepath.Join(root, "moved"), filepath.Join(root, "cache")); err != nil {
			t.Fatal(err)
		}
	}
}
