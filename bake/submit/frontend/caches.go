package frontend

import (
	"cmp"
	"context"
	"maps"
	"strconv"

	"bake/bake"
	"bake/bake/submit/host"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/moby/buildkit/client"
)

// CacheEntries makes what BuildKit wants of cache-from or cache-to: paths are
// resolved, and the credentials that the environment of a GitHub job or of AWS
// offers are filled in. A gha cache without credentials is left out, so that
// the same definition builds elsewhere.
func CacheEntries(ctx context.Context, entries []bake.Entry, at *host.Caller) []client.CacheOptionsEntry {
	var out []client.CacheOptionsEntry
	for _, e := range entries {
		c := client.CacheOptionsEntry{Type: e.Type, Attrs: map[string]string{}}
		maps.Copy(c.Attrs, e.Attrs)
		switch e.Type {
		case "local":
			for _, k := range []string{"src", "dest"} {
				if p := c.Attrs[k]; p != "" {
					c.Attrs[k] = at.Place(p)
				}
			}
			if e.Dest != "" && c.Attrs["dest"] == "" {
				c.Attrs["dest"] = at.Place(e.Dest)
			}
		case "gha":
			githubAttrs(c.Attrs, at.Env)
			if c.Attrs["token"] == "" || c.Attrs["url"] == "" && c.Attrs["url_v2"] == "" {
				continue
			}
		case "s3":
			amazonAttrs(ctx, c.Attrs)
		}
		out = append(out, c)
	}
	return out
}

// CheckLocal is an error if a directory of a local cache is no longer what was
// checked, or a link in it leads to where it may not be read, or written.
func CheckLocal(entries []client.CacheOptionsEntry, write bool, at *host.Caller) error {
	for _, e := range entries {
		if e.Type != "local" {
			continue
		}
		dir := e.Attrs["src"]
		if write {
			dir = e.Attrs["dest"]
		}
		if dir == "" {
			continue
		}
		if err := cmp.Or(host.Still(dir), at.CheckLed(dir, write)); err != nil {
			return err
		}
	}
	return nil
}

// InlineCache is the cache that the build argument BUILDKIT_INLINE_CACHE asks
// to be embedded in the image.
func InlineCache(t *bake.Target) []client.CacheOptionsEntry {
	if b, _ := strconv.ParseBool(t.Args["BUILDKIT_INLINE_CACHE"]); !b {
		return nil
	}
	return []client.CacheOptionsEntry{{Type: "inline", Attrs: map[string]string{}}}
}

func githubAttrs(attrs map[string]string, env bake.Env) {
	version := attrs["version"]
	if _, ok := attrs["version"]; !ok {
		if b, err := strconv.ParseBool(env["ACTIONS_CACHE_SERVICE_V2"]); err == nil && b {
			version = "2"
		}
	}
	fill := func(key string, names ...string) {
		if _, ok := attrs[key]; ok {
			return
		}
		for _, name := range names {
			if v, ok := env[name]; ok {
				attrs[key] = v
				return
			}
		}
	}
	fill("token", "ACTIONS_RUNTIME_TOKEN")
	if version == "2" {
		fill("url_v2", "ACTIONS_RESULTS_URL")
	}
	fill("url", "ACTIONS_CACHE_URL", "ACTIONS_RESULTS_URL")
}

// amazonAttrs fills in the credentials of the environment unless the
// definition brings its own. Without any the engine uses those of its machine.
func amazonAttrs(ctx context.Context, attrs map[string]string) {
	_, hasID := attrs["access_key_id"]
	_, hasKey := attrs["secret_access_key"]
	if hasID && hasKey {
		return
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return
	}
	found, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return
	}
	for key, value := range map[string]string{
		"access_key_id": found.AccessKeyID, "secret_access_key": found.SecretAccessKey, "session_token": found.SessionToken,
	} {
		if _, ok := attrs[key]; !ok && value != "" {
			attrs[key] = value
		}
	}
}
