package frontend

import (
	"testing"

	"bake/bake"
	"bake/bake/submit/host"

	"github.com/google/go-cmp/cmp"
)

func TestCacheEntries(t *testing.T) {
	github := bake.Env{"ACTIONS_RUNTIME_TOKEN": "tok", "ACTIONS_CACHE_URL": "u1", "ACTIONS_RESULTS_URL": "u2", "ACTIONS_CACHE_SERVICE_V2": "true"}
	for name, c := range map[string]struct {
		in   bake.Entry
		env  bake.Env
		want map[string]string
	}{
		"registry":           {in: bake.Entry{Type: "registry", Attrs: map[string]string{"ref": "r/c", "mode": "max"}}, want: map[string]string{"ref": "r/c", "mode": "max"}},
		"local":              {in: bake.Entry{Type: "local", Attrs: map[string]string{"src": "c", "dest": "/d"}}, want: map[string]string{"src": "/w/c", "dest": "/d"}},
		"gha outside github": {in: bake.Entry{Type: "gha"}},
		"gha":                {in: bake.Entry{Type: "gha", Attrs: map[string]string{"scope": "s"}}, env: github, want: map[string]string{"scope": "s", "token": "tok", "url": "u1", "url_v2": "u2"}},
		"gha version 1":      {in: bake.Entry{Type: "gha", Attrs: map[string]string{"version": "1"}}, env: github, want: map[string]string{"version": "1", "token": "tok", "url": "u1"}},
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
