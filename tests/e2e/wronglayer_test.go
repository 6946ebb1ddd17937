package e2e

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"bake/tests/fixture"
)

// pulled is an image that is pushed, and one that is built on it.
const pulled = `
-- docker-bake.hcl --
variable "NAME" {}
target "base" {
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /"
  tags              = [NAME]
  output            = ["type=registry"]
}
target "app" {
  dockerfile-inline = "FROM ${NAME}\nCOPY file /"
  output            = ["type=local,dest=out"]
}
-- file --
file
`

// TestWrongDownloads has a registry, or what stands before it, send blobs that are
// wrong or end early, or ask to be left alone for a while, and build in the end.
func TestWrongDownloads(t *testing.T) {
	fixture.NeedRoot(t)
	registry := fixture.StartRegistry(t)
	flip := func(data []byte) []byte {
		for i := range data {
			data[i] ^= 0x20
		}
		return data
	}
	busy := func(_ *fixture.Proxy, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, "<html>busy</html>")
	}
	for name, tc := range map[string]struct {
		do    fixture.Failure
		least time.Duration
	}{
		"wrong":     {fixture.Altered(flip), 0},
		"truncated": {fixture.Altered(func(data []byte) []byte { return data[:len(data)/2] }), 0},
		"busy":      {busy, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, pulled)
			image := name + ":1"
			s.run(0, "base", "--var", "NAME="+registry.Host+"/"+image)
			s.run(0, "engine", "prune", "--all")
			p := fixture.StartProxy(t, registry, fixture.Fault{Method: "GET", Path: "/blobs/", Times: 2, Do: tc.do})
			o := s.run(0, "app", "--var", "NAME="+p.Ref(image))
			if s.read("out/file") != "file\n" || s.read("out/docker-bake.hcl") == "" {
				t.Error("the image is wrong")
			}
			if p.Broken() != 2 {
				t.Errorf("%d requests were broken: %v", p.Broken(), p.Requests())
			}
			if o.Wall < tc.least {
				t.Errorf("it was asked again after %s", o.Wall)
			}
		})
	}
}
