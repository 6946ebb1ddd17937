package e2e

import (
	"os"
	"testing"

	"bake/tests/fixture"
)

// The caches of GitHub and of S3 are written, and on a machine that knows
// nothing they spare the work.
func TestCachesOfServices(t *testing.T) {
	fixture.NeedRoot(t)
	t.Parallel()
	for name, cache := range map[string]string{
		"gha": "type=gha,scope=s,mode=max",
		"s3":  "type=s3,bucket=b,region=r,use_path_style=true,mode=max,name=app,endpoint_url=",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := fixture.StartCacheStore(t)
			s := newSite(t, `
-- docker-bake.hcl --
variable "CACHE" {}
target "default" {
  dockerfile-inline = "FROM scratch AS one\nCOPY docker-bake.hcl /one/\nFROM scratch\nCOPY --from=one /one /two\nCOPY docker-bake.hcl /"
  cache-from        = [CACHE]
  cache-to          = [CACHE]
  output            = ["type=local,dest=out"]
}
`)
			if name == "s3" {
				cache += store.URL
			}
			s.env = append(s.env, "CACHE="+cache, "ACTIONS_RUNTIME_TOKEN="+store.Token(), "ACTIONS_RESULTS_URL="+store.URL+"/",
				"ACTIONS_CACHE_SERVICE_V2=true", "AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=key", "AWS_EC2_METADATA_DISABLED=true")
			tells(t, s.run(0), "3 steps, 0 of them cached")
			if store.Len() < 4 { // three layers and an index
				t.Errorf("the store holds %d objects", store.Len())
			}
			s.run(0, "engine", "stop")
			if err := os.RemoveAll(s.engine); err != nil {
				t.Fatal(err)
			}
			tells(t, s.run(0), "3 steps, 3 of them cached")
		})
	}
}
