package e2e

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bake/tests/fixture"
)

// crew is a builder of several nodes, made by docker buildx: engines that other
// sites run.
type crew struct{ peer *fixture.Peer }

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
	return c, sites
}

// settings choose the builder.
func (c *crew) settings() []string {
	return []string{"BUILDX_CONFIG=" + filepath.Join(c.peer.Home, "buildx"), "BUILDX_BUILDER=crew"}
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
	s.env = append(append(s.env, c.settings()...), "REGISTRY="+registry.Host, "SOURCE_DATE_EPOCH=1600000000", "BUILDX_NO_DEFAULT_ATTESTATIONS=1")
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
	again := fixture.StartProxy(t, registry)
	s.with("REGISTRY="+again.Host).run(0, "--progress=plain")
	if n := again.Count("PUT "); n > 0 {
		t.Errorf("what is there already is written again, %d times: %v", n, again.Requests())
	}
	var meta map[string]map[string]any
	if err := json.Unmarshal([]byte(s.read("meta.json")), &meta); err != nil {
		t.Fatal(err)
	}
	app := registry.Pull(t, "ours-app:1")
	s.env = append(s.env, "OUT=atomic")
	s.run(0, "--atomic")
	for _, name := range []string{"app:1", "app:2", "copy", "linked:1", "plain:1"} {
		if got, want := registry.Pull(t, "atomic-"+name).Digest, registry.Pull(t, "ours-"+name).Digest; got != want {
			t.Errorf("%s is %s with --atomic, want %s", name, got, want)
		}
	}
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

const anyPlatform = `
-- docker-bake.hcl --
variable "P" { default = "linux/arm64" }
target "default" {
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /"
  platforms         = split(" ", P)
  output            = ["type=local,dest=out"]
}
`

// A node that does not answer is left out if the others build for the platforms,
// which docker buildx bake does not do; one that nobody needs is not even asked.
func TestNodeDown(t *testing.T) {
	fixture.NeedRoot(t)
	t.Parallel()
	s := newSite(t, anyPlatform)
	s.run(0, "engine", "start")
	alive, dead := "unix://"+s.engineState().Socket, "unix:///nowhere/sock"
	run := func(t *testing.T, code int, platforms string, nodes ...string) fixture.Outcome {
		t.Helper()
		c := &crew{peer: fixture.NewPeer(t, "")}
		for n, node := range nodes {
			address, claims, _ := strings.Cut(node, " ")
			c.add(t, n, address, claims)
		}
		own := *s
		own.t, own.env = t, append(slices.Clip(s.env), c.settings()...)
		o := own.run(code, "--var=P="+platforms)
		if o.Wall > 15*time.Second {
			t.Errorf("it took %s", o.Wall)
		}
		return o
	}
	if o := run(t, 0, "linux/amd64", alive+" linux/amd64", dead+" linux/arm64"); strings.Contains(o.Stderr, "not used") {
		t.Error("a node was asked that nobody needs")
	}
	t.Run("needed", func(t *testing.T) {
		t.Parallel()
		tells(t, run(t, 5, "linux/arm64 linux/amd64", alive+" linux/amd64", dead+" linux/arm64"),
			"no node of builder crew that answers builds for linux/arm64 (n1 ("+dead+"): ")
	})
	t.Run("replaced", func(t *testing.T) {
		t.Parallel()
		tells(t, run(t, 0, "linux/amd64", dead+" linux/amd64", alive+" linux/arm64"), "node n0 ("+dead+") is not used: ")
	})
}

// What the parts of a target on two nodes have to do with each other, and with
// other targets.
func TestNodeParts(t *testing.T) {
	fixture.NeedRoot(t)
	t.Parallel()
	c, sites := newCrew(t, "linux/amd64", "linux/arm64")
	registry := fixture.StartRegistry(t)
	s := sites[0]
	s.write(`
-- docker-bake.hcl --
variable "BASE" {}
variable "OUT" { default = "type=local,dest=out" }
variable "REGISTRY" {}
target "_both" {
  contexts  = { base = BASE }
  platforms = ["linux/amd64", "linux/arm64"]
}
target "both" {
  inherits          = ["_both"]
  dockerfile-inline = "FROM base\nCOPY docker-bake.hcl /\n"
  tags              = ["${REGISTRY}/both:1"]
  output            = [OUT]
}
target "arm" {
  inherits          = ["_both"]
  platforms         = ["linux/arm64"]
  dockerfile-inline = "FROM --platform=$BUILDPLATFORM base AS b\nARG TARGETARCH\nRUN echo $TARGETARCH > /arch\nFROM scratch\nCOPY --from=b /arch /\n"
}
target "tool" {
  inherits          = ["_both"]
  platforms         = []
  dockerfile-inline = "FROM base\nRUN echo tool > /tool\n"
}
target "consumer" {
  contexts          = { arm = "target:arm", base = BASE }
  dockerfile-inline = "FROM base\nCOPY --from=arm /arch /\n"
  output            = ["type=local,dest=consumer"]
}
target "fan" {
  inherits          = ["_both"]
  contexts          = { tool = "target:tool" }
  dockerfile-inline = "FROM scratch\nCOPY --from=tool /tool /\n"
  output            = ["type=local,dest=fan"]
}
target "twice" {
  inherits          = ["_both"]
  dockerfile-inline = "FROM base\nCOPY docker-bake.hcl /\n"
  output            = ["type=registry,name=${REGISTRY}/twice:a", "type=image,push=true,name=${REGISTRY}/again:b"]
  cache-to          = ["type=registry,ref=${REGISTRY}/cache:1"]
}
target "half" {
  inherits          = ["_both"]
  dockerfile-inline = "FROM --platform=$BUILDPLATFORM base AS b\nARG TARGETARCH\nRUN test $TARGETARCH = amd64\nFROM scratch\nCOPY --from=b /bin/busybox /\n"
  tags              = ["${REGISTRY}/half:1"]
  output            = ["type=registry"]
}
target "on-half" {
  contexts          = { half = "target:half" }
  dockerfile-inline = "FROM half"
  output            = ["type=local,dest=on-half"]
}
`)
	s.env = append(append(s.env, c.settings()...), "REGISTRY="+registry.Host, "SOURCE_DATE_EPOCH=1600000000")

	for _, output := range []string{"type=tar,dest=out.tar", "type=oci,dest=out.tar", "type=oci,tar=false,dest=out", "type=local,mode=delete,dest=out"} {
		tells(t, s.run(1, "both", "--var=OUT="+output, "--allow=buildx.local.delete"), "several nodes build this target", "docker-bake.hcl:")
	}
	tells(t, s.run(2, "both", "--var=OUT=type=docker,dest=out.tar"), "docker-bake.hcl:") // no file of Docker's holds two platforms
	if s.exists("out") || s.exists("out.tar") {
		t.Error("an output that is refused was begun")
	}
	s.run(0, "both", "--var=OUT=type=registry", "--provenance=mode=max", "-j1")
	if b := registry.Pull(t, "both:1"); len(b.Images) != 2 || b.Attestations != 2 {
		t.Errorf("%d images and %d attestations", len(b.Images), b.Attestations)
	}
	tells(t, s.run(0, "twice"), "several nodes export their registry cache")
	if a, b := registry.Pull(t, "twice:a"), registry.Pull(t, "again:b"); !maps.Equal(a.Digests(), b.Digests()) || len(a.Images) != 2 {
		t.Errorf("two outputs of a target are %s and %s", describe(a), describe(b))
	}
	if o := c.peer.Bake(t, s.dir, s.env, "consumer"); !strings.Contains(o.Stderr, "build with different drivers") {
		t.Errorf("docker buildx bake links over nodes: %s", o.Stderr)
	}
	s.run(0, "consumer", "fan", "-j1")
	if got := s.read("consumer/arch") + s.read("fan/linux_amd64/tool") + s.read("fan/linux_arm64/tool"); got != "arm64\ntool\ntool\n" {
		t.Errorf("the linked results are %q", got)
	}
	o := s.run(1, "half", "on-half", "consumer", "--keep-going")
	tells(t, o, "skipped because half failed", "target half", "test $TARGETARCH = amd64")
	if registry.Has(t, "half:1") || s.exists("on-half") {
		t.Error("a target was made by half")
	}
	s.run(1, "half", "consumer")
}
