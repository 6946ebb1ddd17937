package e2e

import (
	"testing"

	"bake/tests/fixture"

	"github.com/google/go-cmp/cmp"
)

const attestedByNodes = `
-- docker-bake.hcl --
variable "BASE" {}
variable "REGISTRY" {}
group "default" { targets = ["app", "linked"] }
target "_both" {
  platforms = ["linux/amd64", "linux/arm64"]
  attest    = ["type=sbom,generator=${REGISTRY}/scanner:1,NOTE=of a node", "type=provenance,mode=max"]
  output    = ["type=registry"]
}
target "app" {
  inherits          = ["_both"]
  contexts          = { base = BASE }
  tags              = ["${REGISTRY}/app:1"]
  dockerfile-inline = "FROM --platform=$BUILDPLATFORM base AS b\nARG TARGETARCH\nRUN echo $TARGETARCH >/arch\nFROM scratch\nCOPY --from=b /arch /\nCOPY docker-bake.hcl /\n"
}
target "linked" {
  inherits          = ["_both"]
  contexts          = { app = "target:app" }
  tags              = ["${REGISTRY}/linked:1"]
  dockerfile-inline = "FROM app\nCOPY docker-bake.hcl /linked\n"
}
`

// The index that is made of what two nodes built has the attestations of both,
// which say what docker buildx bake says on the same nodes.
func TestSeveralNodesAttest(t *testing.T) {
	fixture.NeedRoot(t)
	c, sites := newCrew(t, "linux/amd64", "linux/arm64")
	registry := fixture.StartRegistry(t)
	registry.Push(t, "scanner:1", fixture.Scanner(t))
	s := sites[0]
	s.write(attestedByNodes)
	s.env = append(append(s.env, c.settings()...), "REGISTRY="+registry.Host, "SOURCE_DATE_EPOCH=1600000000")
	pull := func() (app string, linked []string) {
		t.Helper()
		text, err := attested(registry.Pull(t, "app:1"))
		if err != nil {
			t.Fatal(err)
		}
		// How a link reaches the frontend is bake's own way: see provenance-inputs
		// in tests/parity/differences.md.
		built := registry.Pull(t, "linked:1")
		for _, img := range built.Images {
			linked = append(linked, img.Platform+" "+img.Digest)
		}
		for _, s := range built.Statements {
			linked = append(linked, s.Predicate+" of "+s.Subject)
		}
		return text, linked
	}
	if o := c.peer.Bake(t, s.dir, s.env); o.Code != 0 {
		t.Fatalf("docker buildx bake: %s", o.Stderr)
	}
	app, linked := pull()
	if len(linked) != 2+4 {
		t.Fatalf("docker buildx bake attests %v", linked)
	}
	for _, args := range [][]string{nil, {"--atomic"}} {
		s.run(0, append(args, "--progress=none")...)
		ownApp, ownLinked := pull()
		if diff := cmp.Diff(app, ownApp) + cmp.Diff(linked, ownLinked); diff != "" {
			t.Errorf("%v: it differs (docker buildx bake -, bake +):\n%s", args, diff)
		}
	}
}
