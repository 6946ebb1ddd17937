package e2e

import (
	"os"
	"strings"
	"testing"

	"bake/tests/fixture"
)

// engineImage puts an image of the engine into Docker, as the target
// engine-image of this repository makes it, and returns its name.
func engineImage(t *testing.T, d *fixture.Docker) string {
	t.Helper()
	const name = "example.com/bake-engine:1"
	s := dockerSite(t, d, `
-- docker-bake.hcl --
target "default" {
  dockerfile-inline = <<-EOT
    FROM scratch
    COPY usr /usr
    VOLUME /var/lib/buildkit
    ENTRYPOINT ["buildkitd"]
  EOT
  tags   = ["example.com/bake-engine:1"]
  output = ["type=docker,compression=uncompressed"]
}
-- usr/bin/bake --
`)
	data, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.path("usr/bin/bake"), data, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(s.path("usr/bin/bake"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{"buildkitd", "buildctl"} {
		if err := os.Symlink("bake", s.path("usr/bin/"+link)); err != nil {
			t.Fatal(err)
		}
	}
	s.run(0, "--builder=embedded")
	return name
}

// A builder with the docker-container driver runs the engine of bake, from an
// image: bake and docker buildx create it, build on it and remove it.
func TestDockerContainer(t *testing.T) { onDockers(t, dockerContainer) }

func dockerContainer(t *testing.T, d *fixture.Docker) {
	image := engineImage(t, d)
	s := dockerSite(t, d, `
-- docker-bake.hcl --
variable "OUT" { default = "ours" }
variable "BASE" {}
target "base" {
  contexts          = { shell = BASE }
  dockerfile-inline = "FROM shell\nRUN echo base > /base"
}
target "default" {
  contexts          = { base = "target:base" }
  dockerfile-inline = "FROM base\nRUN cp /base /copy"
  tags              = ["example.com/boxed:1"]
  platforms         = ["linux/amd64"]
  output            = ["type=oci,dest=${OUT}.tar"]
}
`)
	s.env = append(s.env, "SOURCE_DATE_EPOCH=1600000000", "BUILDX_NO_DEFAULT_ATTESTATIONS=1")
	create := []string{"--name=box", "--driver=docker-container", "--driver-opt=image=" + image, "--driver-opt=network=host"}
	s.run(0, append([]string{"builders", "create", "--bootstrap"}, create...)...)
	if o := s.run(0, "builders", "inspect", "box"); !strings.Contains(o.Stdout, "running") || !strings.Contains(o.Stdout, "linux/amd64") {
		t.Error("the builder does not run")
	}
	tells(t, s.run(0, "--builder=box"), `building on "box" (docker-container driver): named by --builder`)
	peer := peerAt(t, s).With(append(s.env, "OUT=peer")...)
	if o := peer.Bake(t, s.dir, nil, "--builder=box"); o.Code != 0 {
		t.Fatalf("docker buildx bake: %s", o.Stderr)
	}
	ours, peers := fixture.ReadBuilt(t, s.path("ours.tar")), fixture.ReadBuilt(t, s.path("peer.tar"))
	if ours.Digest != peers.Digest {
		t.Errorf("bake built %s, docker buildx %s", ours.Digest, peers.Digest)
	}
	tells(t, s.run(0, "--builder=box", "--load"), "loaded example.com/boxed:1")
	if got := d.Run(t, "run", "--rm", "--network=none", "example.com/boxed:1", "cat", "/copy"); got != "base" {
		t.Errorf("the image printed %q", got)
	}

	// A stopped container is started by a build; one that is removed is made anew.
	const container = "buildx_buildkit_box0"
	d.Run(t, "stop", container)
	s.run(0, "--builder=box")
	tells(t, s.run(0, "builders", "rm", "box"), "box removed")
	if left := d.Run(t, "ps", "-aq", "--filter", "name="+container) + d.Run(t, "volume", "ls", "-q"); left != "" {
		t.Errorf("left in Docker: %s", left)
	}

	create[0] = "--name=theirs"
	fixture.MustRun(t, peer.Command(t.Context(), s.dir, append([]string{"create"}, create...)...))
	tells(t, s.run(0, "--builder=theirs"), `building on "theirs" (docker-container driver)`)
	fixture.MustRun(t, peer.Command(t.Context(), s.dir, "rm", "theirs"))

	create[2] = "--driver-opt=image=127.0.0.1:1/nosuch:1"
	create[0] = "--name=broken"
	s.run(0, append([]string{"builders", "create"}, create...)...)
	tells(t, s.run(5, "--builder=broken"), "cannot reach builder broken", "127.0.0.1:1/nosuch")
	s.run(0, "builders", "rm", "broken")
}
