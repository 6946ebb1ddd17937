package e2e

import (
	"strings"
	"testing"

	"bake/tests/fixture"
)

const retried = `
-- docker-bake.hcl --
variable "NAME" {}
variable "FROM" {}
variable "CACHE" {}
variable "BASE" {}
target "pushed" {
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /"
  tags              = [NAME]
  output            = ["type=registry", "type=tar,dest=out.tar"]
}
target "linked" {
  contexts          = { pushed = "target:pushed" }
  dockerfile-inline = "FROM pushed\nCOPY docker-bake.hcl /2"
  output            = ["type=local,dest=linked"]
}
target "from" {
  dockerfile-inline = "FROM ${FROM}\nCOPY docker-bake.hcl /"
  output            = ["type=local,dest=out"]
}
target "pooled" {
  name              = "pooled-${n}"
  matrix            = { n = ["1", "2"] }
  dockerfile-inline = "FROM ${FROM}\nCOPY docker-bake.hcl /pooled\nCOPY docker-bake.hcl /${n}"
  cache-from        = ["type=registry,ref=${CACHE}-${n}"]
  output            = ["type=local,dest=out/${n}"]
}
target "cached" {
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /cached"
  cache-to          = ["type=registry,ref=${CACHE}"]
}
target "step" {
  contexts          = { base = BASE }
  dockerfile-inline = <<EOT
FROM base
RUN --mount=type=cache,target=/c echo run >>/c/count; echo unexpected status from GET request to http://r: 503; exit 1
EOT
}
target "count" {
  contexts          = { base = BASE }
  dockerfile-inline = "FROM base AS b\nRUN --mount=type=cache,target=/c wc -l </c/count >/count\nFROM scratch\nCOPY --from=b /count /"
  output            = ["type=local,dest=out"]
}
`

// busy is a registry that has had enough for so many requests of a kind.
// BuildKit itself does not wait before it tries such requests five times.
func busy(method, path string, times int) fixture.Fault {
	return fixture.Fault{Method: method, Path: path, Times: times, Do: fixture.Status(429)}
}

// What the network or a registry failed is tried again, and told.
func TestRetries(t *testing.T) {
	fixture.NeedRoot(t)
	registry := fixture.StartRegistry(t)
	registry.Push(t, "base:1", fixture.Image(t, fixture.LocalPlatform(), fixture.File{Path: "f", Data: []byte("f")}))
	other := fixture.Image(t, fixture.LocalPlatform(), fixture.File{Path: "g", Data: []byte("g")})
	registry.Push(t, "other:1", other)
	layers, err := other.Layers()
	if err != nil {
		t.Fatal(err)
	}
	layer, err := layers[0].Digest()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name  string
		fault fixture.Fault
		code  int
		args  []string
		tells []string
	}{
		{"push", busy("PUT", "/manifests/", 10), 0, []string{"pushed", "linked"},
			[]string{"[pushed] push failed (429 Too Many Requests), retrying in", "1 of 3", "2 of 3", "linked  built"}},
		{"base image", fixture.Fault{Path: "/manifests/", Times: 3, Do: fixture.Reset(0)}, 0, []string{"from"},
			[]string{"loading failed", "1 of 3"}},
		{"layer", fixture.Fault{Path: "/blobs/", After: 1, Times: 2, Do: fixture.Status(429)}, 0, []string{"from"}, nil},
		{"layer of several", fixture.Fault{Method: "GET", Path: layer.String(), Times: 10, Do: fixture.Status(429)}, 0, []string{"pooled"},
			[]string{"fetching failed", "1 of 3", "pooled-1  built", "pooled-2  built"}},
		{"cache", busy("PUT", "/manifests/", 5), 0, []string{"cached"}, []string{"cache export failed", "1 of 3"}},
		{"for ever", busy("PUT", "/manifests/", 0), 5, []string{"--retries=1", "pushed"},
			[]string{"1 of 1", "429 Too Many Requests", "tried 2 times"}},
		{"not at all", busy("PUT", "/manifests/", 0), 5, []string{"--retries=0", "pushed"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, retried)
			s.share()
			p := fixture.StartProxy(t, registry, tc.fault)
			image := strings.ReplaceAll(tc.name, " ", "-") + ":1"
			args, base := tc.args, "base:1"
			if args[0] == "pooled" {
				base = "other:1" // nobody else has pulled it
			}
			for name, value := range map[string]string{"NAME": p.Ref(image), "FROM": p.Ref(base), "CACHE": p.Ref("cache" + image)} {
				args = append(args, "--var", name+"="+value)
			}
			o := s.run(tc.code, args...)
			tells(t, o, tc.tells...)
			if tc.tells == nil && strings.Contains(o.Stderr, "retrying in") && strings.Contains(o.Stderr, " of 3") {
				t.Error("it was tried again")
			}
			if args[0] == "cached" && !registry.Has(t, "cache"+image) {
				t.Error("the cache is not there")
			}
			if args[0] == "pushed" && (!registry.Has(t, image) || !s.exists("out.tar")) {
				t.Error("an output is missing")
			}
		})
	}
}

// A step that failed is not run again, whatever it says of the network.
func TestStepIsNotRetried(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, retried)
	s.run(1, "step")
	s.run(0, "count")
	if got := strings.TrimSpace(s.read("out/count")); got != "1" {
		t.Errorf("the step ran %s times", got)
	}
}
