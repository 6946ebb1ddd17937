package e2e

import (
	"strings"
	"testing"
	"time"

	"bake/tests/fixture"
)

const pushing = `
-- docker-bake.hcl --
variable "NAME" {}
target "default" {
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /"
  tags              = [NAME]
  output            = ["type=registry"]
}
`

func TestRegistryFaults(t *testing.T) {
	fixture.NeedRoot(t)
	registry := fixture.StartRegistry(t)
	for _, tc := range []struct {
		name  string
		fault fixture.Fault
		code  int
		tells []string
	}{
		{"500", fixture.Fault{Method: "PUT", Path: "/manifests/", Do: fixture.Status(500)}, 5, []string{"injected fault"}},
		{"403", fixture.Fault{Method: "POST", Path: "/blobs/uploads/", Do: fixture.Status(403)}, 1, []string{"injected fault"}},
		{"immutable", fixture.Fault{Method: "PUT", Path: "/manifests/", Do: fixture.Answer(403, `{"errors":[{"code":"DENIED","message":"the tag is immutable"}]}`)}, 1,
			[]string{"the tag is immutable", "docker-bake.hcl:5:24", "quota"}},
		{"too large", fixture.Fault{Method: "PUT", Path: "/blobs/", Do: fixture.Answer(413, "<html>413 Request Entity Too Large</html>")}, 1,
			[]string{"413", "docker-bake.hcl:5:24", "proxy before it"}},
		{"reset", fixture.Fault{Method: "PUT", Do: fixture.Reset(10)}, 5, []string{"connection reset by peer"}},
		{"gone", fixture.Fault{Method: "PUT", Path: "/blobs/", Do: fixture.Die}, 5, []string{"connection reset by peer"}},
		{"gone before the manifest", fixture.Fault{Method: "PUT", Path: "/manifests/", Do: fixture.Die}, 5, []string{"connection reset by peer"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, pushing)
			s.share()
			image := strings.ReplaceAll(tc.name, " ", "-") + ":1"
			p := fixture.StartProxy(t, registry, tc.fault)
			name := p.Ref(image)
			o := s.run(tc.code, "--retries=0", "--var", "NAME="+name)
			tells(t, o, append(tc.tells, "target default", name)...)
			if o.Wall > 30*time.Second {
				t.Errorf("it took %s to give up", o.Wall)
			}
			if registry.Has(t, image) {
				t.Error("the image is there all the same")
			}
		})
	}
}

func TestRegistryRecovers(t *testing.T) {
	fixture.NeedRoot(t)
	registry := fixture.StartRegistry(t)
	s := newSite(t, pushing)
	p := fixture.StartProxy(t, registry, fixture.Fault{Method: "PUT", Path: "/manifests/", Times: 1, Do: fixture.Status(503)})
	s.run(0, "--var", "NAME="+p.Ref("recovers:1"))
	if !registry.Has(t, "recovers:1") {
		t.Error("the image was not pushed")
	}
}

func TestRegistryHangs(t *testing.T) {
	fixture.NeedRoot(t)
	registry := fixture.StartRegistry(t)
	s := newSite(t, pushing)
	p := fixture.StartProxy(t, registry, fixture.Fault{Method: "PUT", Path: "/manifests/", Do: fixture.Hang})
	build := s.start("--var", "NAME="+p.Ref("hangs:1"))
	fixture.Await(t, 30*time.Second, "the push hangs", func() bool { return p.Count("PUT /v2/hangs/manifests") > 0 })
	build.signal(2)
	build.wait(2*time.Second, 130)
}
