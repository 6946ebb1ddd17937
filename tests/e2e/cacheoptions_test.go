package e2e

import (
	"path/filepath"
	"slices"
	"testing"

	controlapi "github.com/moby/buildkit/api/services/control"

	"bake/tests/fixture"

	"github.com/google/go-cmp/cmp"
)

// What BuildKit is told about caches, with the credentials that come from the
// environment, is what docker buildx bake tells it.
func TestCacheOptions(t *testing.T) {
	fixture.NeedRoot(t)
	t.Parallel()
	s := newSite(t, `
-- docker-bake.hcl --
variable "FROM" {
  type    = list(string)
  default = []
}
variable "TO" {
  type    = list(string)
  default = []
}
variable "INLINE" { default = "" }
target "default" {
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /"
  args              = { BUILDKIT_INLINE_CACHE = INLINE }
  cache-from        = FROM
  cache-to          = TO
  output            = ["type=local,dest=out"]
}
-- aws/credentials --
[default]
aws_access_key_id = file-id
aws_secret_access_key = file-key
[other]
aws_access_key_id = other-id
aws_secret_access_key = other-key
aws_session_token = other-token
`)
	s.run(0, "engine", "start")
	recorder := fixture.StartRecorder(t, s.engineState().Socket)
	peer := fixture.NewPeer(t, recorder.Socket)
	// No case asks the network who it is.
	usual := []string{"AWS_EC2_METADATA_DISABLED=true", "AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(s.dir, "none"), "AWS_CONFIG_FILE=" + filepath.Join(s.dir, "none")}
	s.env = append(s.env, "BUILDKIT_HOST=unix://"+recorder.Socket)
	s.env = append(s.env, usual...)
	for _, tc := range cacheOptionCases(s.dir) {
		env := append(slices.Clone(usual), tc.env...)
		mine := *s
		mine.env = append(slices.Clone(s.env), tc.env...)
		mine.run(0)
		ours := recorder.Take()
		theirs := peer.Bake(t, s.dir, env)
		want := recorder.Take()
		if len(ours) != 1 || len(want) != 1 {
			t.Fatalf("%s: %d and %d requests; docker buildx bake says\n%s", tc.name, len(ours), len(want), theirs.Stderr)
		}
		if diff := cmp.Diff(cacheOptionsOf(want[0], s.dir), cacheOptionsOf(ours[0], s.dir)); diff != "" {
			t.Errorf("%s: (-docker buildx bake +bake)\n%s", tc.name, diff)
		}
		if n := len(want[0].Cache.Exports) + len(want[0].Cache.Imports); n != tc.entries {
			t.Errorf("%s: docker buildx bake sends %d caches, want %d: the case tells nothing", tc.name, n, tc.entries)
		}
	}
}

// cacheOptionsOf is what a request says of caches, also to the frontend. The
// path of a local one is the name of a store of the client, in dir.
func cacheOptionsOf(r *controlapi.SolveRequest, dir string) map[string]any {
	list := func(entries []*controlapi.CacheOptionsEntry) (out []any) {
		for _, e := range entries {
			if dest := e.Attrs["dest"]; e.Type == "local" && !filepath.IsAbs(dest) {
				e.Attrs["dest"] = filepath.Join(dir, dest)
			}
			out = append(out, []any{e.Type, e.Attrs})
		}
		return out
	}
	return map[string]any{"exports": list(r.Cache.Exports), "imports": list(r.Cache.Imports), "frontend": r.FrontendAttrs["cache-imports"]}
}

type cacheOptionCase struct {
	name    string
	entries int
	env     []string
}

func cacheOptionCases(dir string) []cacheOptionCase {
	github := []string{"ACTIONS_RUNTIME_TOKEN=token", "ACTIONS_CACHE_URL=http://127.0.0.1:1/one/", "ACTIONS_RESULTS_URL=http://127.0.0.1:1/two/"}
	amazon := []string{"AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=key", "AWS_SESSION_TOKEN=token"}
	bucket := `"type=s3,bucket=b,region=r`
	with := func(base []string, more ...string) []string { return append(slices.Clone(base), more...) }
	gha := `TO_JSON=["type=gha,scope=s,mode=max,timeout=1m,ignore-error=true,repository=o/r,ghtoken=g,token-x=y"]`
	return []cacheOptionCase{
		{"none", 0, nil},
		{"registry", 4, []string{
			`FROM_JSON=["127.0.0.1:1/app:cache", "type=registry,ref=127.0.0.1:1/other,registry.insecure=true", "user/app"]`,
			`TO_JSON=["type=registry,ref=127.0.0.1:1/c,mode=max,oci-mediatypes=false,image-manifest=false,compression=zstd,compression-level=5,force-compression=true,ignore-error=true"]`}},
		{"registry in short", 2, []string{`FROM_JSON=["user/app:c"]`, `TO_JSON=["user/app:d"]`}},
		{"local", 1, []string{`FROM_JSON=["type=local,src=nowhere"]`, `TO_JSON=["type=local,dest=c/d,mode=min,tag=x,compression=gzip,oci-mediatypes=true,image-manifest=true"]`}},
		{"inline", 1, []string{`TO_JSON=["type=inline"]`}},
		{"inline by argument", 1, []string{"INLINE=1"}},
		{"inline by both", 2, []string{`TO_JSON=["type=inline,mode=max"]`, "INLINE=true"}},
		{"gha elsewhere", 0, []string{`FROM_JSON=["type=gha"]`, gha}},
		{"gha without a place", 0, []string{`FROM_JSON=["type=gha"]`, "ACTIONS_RUNTIME_TOKEN=token"}},
		{"gha", 2, with(github, `FROM_JSON=["type=gha,scope=s"]`, gha)},
		{"gha version 2", 2, with(github, `FROM_JSON=["type=gha"]`, gha, "ACTIONS_CACHE_SERVICE_V2=True")},
		{"gha version 2 alone", 1, []string{gha, "ACTIONS_CACHE_SERVICE_V2=true", "ACTIONS_RUNTIME_TOKEN=t", "ACTIONS_RESULTS_URL=u"}},
		{"gha with a wrong switch", 1, with(github, gha, "ACTIONS_CACHE_SERVICE_V2=maybe")},
		{"gha version by attribute", 2, with(github, `FROM_JSON=["type=gha,version=2"]`, `TO_JSON=["type=gha,version=1"]`, "ACTIONS_CACHE_SERVICE_V2=true")},
		{"gha by attributes", 1, []string{`TO_JSON=["type=gha,token=t,url=u,url_v2=v,version=2"]`}},
		{"gha partly", 1, with(github, `TO_JSON=["type=gha,token=mine,url_v2=v"]`)},
		{"s3 of the machine", 1, []string{`TO_JSON=[` + bucket + `"]`}},
		{"s3", 2, with(amazon, `FROM_JSON=[`+bucket+`"]`, `TO_JSON=[`+bucket+`,name=a;b,prefix=p,blobs_prefix=bp,manifests_prefix=mp,endpoint_url=http://127.0.0.1:1,use_path_style=true,touch_refresh=1h,upload_parallelism=2,mode=max"]`)},
		{"s3 with keys", 1, with(amazon, `TO_JSON=[`+bucket+`,access_key_id=a,secret_access_key=b"]`)},
		{"s3 with a key", 1, with(amazon, `TO_JSON=[`+bucket+`,access_key_id=a"]`)},
		{"s3 with a token", 1, with(amazon, `TO_JSON=[`+bucket+`,session_token=mine"]`)},
		{"s3 by a file", 1, []string{`TO_JSON=[` + bucket + `"]`, "AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(dir, "aws/credentials")}},
		{"s3 by a profile", 1, []string{`TO_JSON=[` + bucket + `"]`, "AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(dir, "aws/credentials"), "AWS_PROFILE=other"}},
		{"s3 by no profile", 1, []string{`TO_JSON=[` + bucket + `"]`, "AWS_PROFILE=nosuch"}},
		{"azblob", 2, []string{`FROM_JSON=["type=azblob,account_url=http://127.0.0.1:1/a,name=n"]`, `TO_JSON=["type=azblob,account_url=http://127.0.0.1:1/a,container=c,prefix=p,name=n,secret_access_key=k,mode=max,ignore-error=true"]`,
			"BUILDKIT_AZURE_STORAGE_ACCOUNT_URL=u", "BUILDKIT_AZURE_STORAGE_CONTAINER=c", "AZURE_CLIENT_ID=i", "AZURE_CLIENT_SECRET=s"}},
	}
}
