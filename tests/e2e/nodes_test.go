package e2e

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bake/tests/fixture"
)

// crew is a builder of several nodes, made by docker buildx: engines that other
// sites run.
type crew struct {
	peer *fixture.Peer
	env  []string // chooses the builder
}

// newCrew makes a builder of the engines of sites; each is the node n0, n1 … for
// the platforms given.
func newCrew(t *testing.T, platforms ...string) (*crew, []*site) {
	t.Helper()
	c := &crew{peer: fixture.NewPeer(t, "")}
	var sites []*site
	for n, platform := range platforms {
		s := newSite(t, "")
		s.run(0, "engine", "start")
		sites = append(sites, s)
		c.add(t, n, "unix://"+s.engineState().Socket, platform)
	}
	c.env = []string{"BUILDX_CONFIG=" + filepath.Join(c.peer.Home, "buildx"), "BUILDX_BUILDER=crew"}
	return c, sites
}

// add makes what listens at an address a node.
func (c *crew) add(t *testing.T, n int, address, platform string) {
	t.Helper()
	args := []string{"create", "--name=crew", "--driver=remote", "--node=n" + string(rune('0'+n)), "--platform=" + platform}
	if n > 0 {
		args = append(args, "--append")
	}
	fixture.MustRun(t, c.peer.Command(t.Context(), c.peer.Home, append(args, address)...))
}

const severalNodes = `
-- docker-bake.hcl --
variable "BASE" {}
variable "OUT" {}
variable "REGISTRY" {}
group "default" {
  targets = ["app", "linked", "plain"]
}
target "app" {
  contexts    = { base = BASE }
  platforms   = ["linux/arm64", "linux/amd64"]
  tags        = ["${REGISTRY}/${OUT}-app:1", "${REGISTRY}/${OUT}-app:2", "${REGISTRY}/${OUT}-copy"]
  annotations = ["index:team=a", "manifest:kind=b", "manifest-descriptor:c=d"]
  output      = ["type=registry", "type=local,dest=${OUT}/files"]
}
target "linked" {
  contexts          = { app = "target:app" }
  platforms         = ["linux/amd64", "linux/arm64"]
  dockerfile-inline = "FROM app\nLABEL linked=yes\nCOPY docker-bake.hcl /"
  tags              = ["${REGISTRY}/${OUT}-linked:1"]
  output            = ["type=image,push=true,compression=zstd,oci-mediatypes=true"]
}
target "plain" {
  contexts          = { base = BASE }
  dockerfile-inline = "FROM base\nRUN echo plain > /plain"
  tags              = ["${REGISTRY}/${OUT}-plain:1"]
  output            = ["type=registry"]
}
-- Dockerfile --
FROM --platform=$BUILDPLATFORM base AS build
ARG BUILDPLATFORM
ARG TARGETPLATFORM
RUN echo "built on $BUILDPLATFORM for $TARGETPLATFORM" > /built
FROM base
COPY --from=build /built /built
`

// Targets that two nodes share have the digests that docker buildx bake makes
// on the same nodes.
func TestSeveralNodes(t *testing.T) {
	fixture.NeedRoot(t)
	c, sites := newCrew(t, "linux/amd64", "linux/arm64")
	registry := fixture.StartRegistry(t)
	s := sites[0]
	s.write(severalNodes)
	s.env = append(append(s.env, c.env...), "REGISTRY="+registry.Host, "SOURCE_DATE_EPOCH=1600000000", "BUILDX_NO_DEFAULT_ATTESTATIONS=1")
	peers := append(slices.Clip(s.env), "OUT=peer")
	s.env = append(s.env, "OUT=ours")

	o := s.run(0, "--metadata-file=meta.json", "--progress=plain")
	tells(t, o, "[app n0 linux/amd64 build 1/2] RUN", "[app n1 linux/arm64 stage-1 1/2] COPY", "[app] merging manifest list "+registry.Ref("ours-app:1"))
	if o := c.peer.Bake(t, s.dir, peers); o.Code != 0 {
		t.Fatalf("docker buildx bake: %s", o.Stderr)
	}
	for _, name := range []string{"app:1", "app:2", "copy", "linked:1", "plain:1"} {
		ours, theirs := registry.Pull(t, "ours-"+name), registry.Pull(t, "peer-"+name)
		if ours.Digest != theirs.Digest {
			t.Errorf("%s differs:\nbake:               %s\ndocker buildx bake: %s", name, describe(ours), describe(theirs))
		}
	}
	if diff := fixture.ReadDir(t, s.path("ours/files")).Diff(fixture.ReadDir(t, s.path("peer/files"))); diff != "" {
		t.Error(diff)
	}
	var meta map[string]map[string]any
	if err := json.Unmarshal([]byte(s.read("meta.json")), &meta); err != nil {
		t.Fatal(err)
	}
	app := registry.Pull(t, "ours-app:1")
	for key, want := range map[string]string{
		"containerimage.digest": app.Digest,
		"image.name":            strings.Join([]string{registry.Ref("ours-app:1"), registry.Ref("ours-app:2"), registry.Ref("ours-copy")}, ","),
	} {
		if got := meta["app"][key]; got != want {
			t.Errorf("metadata: %s is %v, want %s", key, got, want)
		}
	}
	for _, platform := range []string{"linux/amd64", "linux/arm64"} {
		if meta["app"]["buildx.build.provenance/"+platform] == nil {
			t.Errorf("metadata: there is no provenance for %s", platform)
		}
	}
}
