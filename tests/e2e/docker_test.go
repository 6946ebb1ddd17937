package e2e

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"bake/tests/fixture"
)

// sharedDocker is a Docker engine of all tests that do not break theirs.
type sharedDocker struct {
	name  string
	start func(testing.TB) *fixture.Docker

	once sync.Once
	*fixture.Docker
}

// dockers are the engines of today and of Debian, which is years old: what
// people have is one of them or lies between.
var dockers = []*sharedDocker{
	{name: "current", start: fixture.StartCurrentDocker},
	{name: "debian", start: fixture.StartDocker},
}

func (s *sharedDocker) get(t *testing.T) *fixture.Docker {
	t.Helper()
	fixture.NeedRoot(t)
	s.once.Do(func() { s.Docker = s.start(lasting{t}) })
	if s.Docker == nil {
		t.Skip("there is no Docker engine") // which the first test told of
	}
	return s.Docker
}

// onDockers runs a test on each engine.
func onDockers(t *testing.T, test func(t *testing.T, d *fixture.Docker)) {
	t.Helper()
	for _, s := range dockers {
		t.Run(s.name, func(t *testing.T) { test(t, s.get(t)) })
	}
}

// currentDocker is the engine of today.
func currentDocker(t *testing.T) *fixture.Docker { return dockers[0].get(t) }

// dockerSite is a site whose Docker is the one given.
func dockerSite(t *testing.T, d *fixture.Docker, archive string) *site {
	s := newSite(t, archive)
	s.env = append(s.env, "DOCKER_HOST="+d.Host())
	return s
}

// unattested keeps out of images what is new with each build, so that they can
// be compared.
const unattested = "BUILDX_NO_DEFAULT_ATTESTATIONS=1"

// withSystem puts a shell below root: Docker has no image to pull, and an old
// one knows no named contexts that could be one.
func withSystem(t *testing.T, s *site) {
	t.Helper()
	for _, f := range fixture.Busybox(t) {
		if f.Path != "bin/busybox" {
			continue
		}
		for _, name := range []string{"sh", "sleep"} {
			s.write("-- root/bin/" + name + " --\n")
			path := s.path("root/bin/" + name)
			if err := errors.Join(os.WriteFile(path, f.Data, 0o755), os.Chmod(path, 0o755)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

const twoImages = `
-- docker-bake.hcl --
variable "SYNTAX" { default = "" }
group "default" { targets = ["app", "web"] }
target "_all" {
  network = "none"
  args    = SYNTAX == "" ? {} : { BUILDKIT_SYNTAX = SYNTAX }
}
target "app" {
  inherits          = ["_all"]
  dockerfile-inline = <<-EOT
    FROM scratch
    COPY root /
    RUN echo built > /app
    CMD ["/bin/sh", "-c", "read line < /app; echo $line"]
  EOT
  tags = ["example.com/app:1"]
}
target "web" {
  inherits   = ["_all"]
  context    = "web"
  tags       = ["example.com/web:1", "example.com/web:2"]
  labels     = { of = "web" }
}
target "linked" {
  inherits          = ["_all"]
  contexts          = { base = "target:app" }
  dockerfile-inline = "FROM base\nRUN echo linked > /linked"
  tags              = ["example.com/linked:1"]
}
-- web/Dockerfile --
FROM scratch
COPY . /
-- web/.dockerignore --
ignored
-- web/ignored --
-- web/page --
a page
`

// The BuildKit inside Docker builds: several targets and tags, and the images
// are those that docker buildx makes there, under the same keys of the metadata.
func TestDockerDriver(t *testing.T) { onDockers(t, dockerDriver) }

func dockerDriver(t *testing.T, d *fixture.Docker) {
	s := dockerSite(t, d, twoImages)
	s.env = append(s.env, unattested)
	withSystem(t, s)
	o := s.run(0, "--metadata-file=ours.json")
	tells(t, o, `building on "default" (docker driver): Docker answers and no builder was named`, "[web internal] load build context", "example.com/web:1, example.com/web:2")
	ids := map[string]string{}
	for _, name := range []string{"example.com/app:1", "example.com/web:1", "example.com/web:2"} {
		if ids[name] = d.Image(t, name); ids[name] == "" {
			t.Fatalf("%s is not in Docker", name)
		}
	}
	if ids["example.com/web:1"] != ids["example.com/web:2"] {
		t.Error("one image under two names is two images")
	}
	if got := d.Run(t, "run", "--rm", "--network=none", "example.com/app:1"); got != "built" {
		t.Errorf("the image printed %q", got)
	}
	peer := peerAt(t, s).With(unattested, "DOCKER_HOST="+d.Host())
	if o := peer.Bake(t, s.dir, nil, "--metadata-file=peer.json"); o.Code != 0 {
		t.Fatalf("docker buildx bake: %s", o.Stderr)
	}
	for name, id := range ids {
		if got := d.Image(t, name); got != id {
			t.Errorf("%s is %s, that of docker buildx is %s", name, id, got)
		}
	}
	if ours, peers := withoutRefs(t, s.read("ours.json")), withoutRefs(t, s.read("peer.json")); ours != peers {
		t.Errorf("bake:\n%s\ndocker buildx bake:\n%s", ours, peers)
	}

	s.run(0, "web", "--set=web.output=type=local,dest=files")
	if s.read("files/page") != "a page\n" || s.exists("files/ignored") {
		t.Errorf("the files are %q", s.files())
	}
	s.env = append(s.env, "BUILDX_NO_DEFAULT_LOAD=1")
	s.run(0, "web", "--set=web.tags=example.com/other:1")
	if d.Image(t, "example.com/other:1") != "" {
		t.Error("the image is in Docker, though BUILDX_NO_DEFAULT_LOAD is set")
	}
	s.run(0, "web", "--set=web.tags=example.com/other:1", "--set=web.output=type=docker")
	if d.Image(t, "example.com/other:1") == "" {
		t.Error("type=docker did not put the image into Docker")
	}
	if !d.Store(t) {
		tells(t, s.run(1, "web", "--set=web.output=type=oci,dest=x.tar"), "OCI exporter is not supported by the docker driver", "docker-bake.hcl")
		tells(t, s.run(1, "web", "--set=web.platform=linux/amd64,linux/arm64"), "docker driver")
	}
}

// withoutRefs is a metadata file without what differs from run to run and what
// only bake writes.
func withoutRefs(t *testing.T, text string) string {
	t.Helper()
	var all map[string]map[string]any
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	delete(all, "bake.report")
	for _, target := range all {
		delete(target, "buildx.build.ref")
		if target["buildx.build.provenance"] != nil {
			target["buildx.build.provenance"] = true // TestMetadata compares what it says
		}
	}
	data, _ := json.Marshal(all)
	return string(data)
}

// Docker pushes what its BuildKit built, and the digest is the registry's.
func TestDockerPushes(t *testing.T) { onDockers(t, dockerPushes) }

func dockerPushes(t *testing.T, d *fixture.Docker) {
	s := dockerSite(t, d, twoImages)
	s.env = append(s.env, unattested)
	r := fixture.StartRegistry(t, fixture.WithAuth("me", "secret"))
	config := r.DockerConfig(t)
	stranger := s.env
	s.env = append(s.env, "DOCKER_CONFIG="+config)
	args := []string{"web", "--push", "--set=web.tags=" + r.Ref("web:1"), "--metadata-file=ours.json"}
	s.run(0, args...)
	built := r.Pull(t, "web:1")
	if !strings.Contains(s.read("ours.json"), built.Digest) {
		t.Errorf("the metadata do not have %s:\n%s", built.Digest, s.read("ours.json"))
	}
	if _, ok := built.Image(t, fixture.LocalPlatform()).Files["page"]; !ok {
		t.Error("the image lacks a file")
	}
	peer := peerAt(t, s).With(unattested, "DOCKER_HOST="+d.Host(), "DOCKER_CONFIG="+config)
	args[len(args)-1] = "--metadata-file=peer.json"
	if o := peer.Bake(t, s.dir, nil, args...); o.Code != 0 {
		t.Fatalf("docker buildx bake: %s", o.Stderr)
	}
	if got := r.Pull(t, "web:1").Digest; got != built.Digest {
		t.Errorf("bake pushed %s, docker buildx %s", built.Digest, got)
	}
	if ours, peers := withoutRefs(t, s.read("ours.json")), withoutRefs(t, s.read("peer.json")); ours != peers {
		t.Errorf("bake:\n%s\ndocker buildx bake:\n%s", ours, peers)
	}
	// Docker moves tags as it pushes, whoever would like to do it later.
	tells(t, s.run(0, "web", "--push", "-j=defer-output", "--set=web.tags="+r.Ref("web:held")), "docker driver moves tags as it pushes")
	if got := r.Pull(t, "web:held").Digest; got != built.Digest {
		t.Errorf("bake pushed %s with -j defer-output, %s without", got, built.Digest)
	}
	s.env = stranger
	tells(t, s.run(1, args[:3]...), "push "+r.Ref("web:1"), "docker-bake.hcl")
	r.Stop()
	s.env = append(s.env, "DOCKER_CONFIG="+config)
	tells(t, s.run(5, "web", "--push", "--set=web.tags="+r.Ref("web:2"), "--retries=0"), "push "+r.Ref("web:2"), "connection refused")
}

// Links need named contexts. The frontend of an old Docker has none, which is
// told with what to do; the frontend of today has, on an old Docker, too.
func TestDockerLinks(t *testing.T) { onDockers(t, dockerLinks) }

func dockerLinks(t *testing.T, d *fixture.Docker) {
	s := dockerSite(t, d, twoImages)
	s.env = append(s.env, unattested)
	withSystem(t, s)
	if d.Before(t, 23) {
		tells(t, s.run(1, "linked"), "too old for named contexts and links", "docker-bake.hcl:", "# syntax=docker/dockerfile:1")
		frontendImage(t, d, s)
		s.env = append(s.env, "SYNTAX=docker/dockerfile:1")
	}
	s.run(0, "linked", "app")
	id := d.Image(t, "example.com/linked:1")
	if id == "" {
		t.Fatal("the image is not in Docker")
	}
	peer := peerAt(t, s).With(unattested, "DOCKER_HOST="+d.Host())
	if o := peer.Bake(t, s.dir, s.env, "linked", "app"); o.Code != 0 {
		t.Fatalf("docker buildx bake: %s", o.Stderr)
	}
	if got := d.Image(t, "example.com/linked:1"); got != id {
		t.Errorf("bake made %s, docker buildx %s", id, got)
	}
	// What was just built was not cached, however often the engine says so.
	tells(t, s.run(0, "linked", "--no-cache"), "2 built")
}

// frontendImage puts today's Dockerfile frontend into Docker, under the name by
// which a Dockerfile asks for it.
func frontendImage(t *testing.T, d *fixture.Docker, s *site) {
	t.Helper()
	if d.Image(t, "docker/dockerfile:1") != "" {
		return
	}
	data, err := os.ReadFile(fixture.BuildkitProgram(t, "dockerfile-frontend"))
	if err != nil {
		t.Fatal(err)
	}
	f := newSite(t, `
-- docker-bake.hcl --
target "default" {
  dockerfile-inline = "FROM scratch\nCOPY --chmod=755 frontend /\nENTRYPOINT [\"/frontend\"]"
  tags              = ["docker/dockerfile:1"]
  output            = ["type=docker"]
  labels = {
    "moby.buildkit.frontend.caps"         = "moby.buildkit.frontend.inputs,moby.buildkit.frontend.contexts"
    "moby.buildkit.frontend.network.none" = "true"
  }
}
`)
	f.env = append(f.env, "DOCKER_HOST="+d.Host())
	if err := os.WriteFile(f.path("frontend"), data, 0o755); err != nil {
		t.Fatal(err)
	}
	f.run(0, "--builder=embedded")
}

// An image that the embedded engine has built is loaded into Docker.
func TestDockerLoad(t *testing.T) { onDockers(t, dockerLoad) }

func dockerLoad(t *testing.T, d *fixture.Docker) {
	s := dockerSite(t, d, twoImages)
	withSystem(t, s)
	o := s.run(0, "--builder=embedded", "--load", "app", "web", "--set=*.tags=", "--set=app.tags=example.com/loaded:a", "--set=web.tags=example.com/loaded:w")
	tells(t, o, "[app] importing to docker", "loaded example.com/loaded:a", "loaded example.com/loaded:w")
	if d.Image(t, "example.com/loaded:w") == "" {
		t.Error("the image is not in Docker")
	}
	if got := d.Run(t, "run", "--rm", "--network=none", "example.com/loaded:a"); got != "built" {
		t.Errorf("the image printed %q", got)
	}
	if !d.Store(t) {
		tells(t, s.run(1, "--builder=embedded", "--load", "web", "--provenance=true"), "manifest lists")
	}
	// A Docker that ends at once is told, not waited for.
	s.env = append(s.env, "DOCKER_HOST=unix://"+s.path("no.sock"))
	tells(t, s.run(1, "--builder=embedded", "--load", "web"), "there is no Docker to load the image into")
}

// An interrupt ends the container of a RUN in Docker, too.
func TestDockerCancel(t *testing.T) { onDockers(t, dockerCancel) }

func dockerCancel(t *testing.T, d *fixture.Docker) {
	s := dockerSite(t, d, slowImage)
	withSystem(t, s)
	b := s.start("--progress=plain")
	untilRunning(t, "sleep 76543")
	b.signal(syscall.SIGINT)
	b.wait(5*time.Second, 130)
	untilGone(t, "sleep 76543")
	if d.Image(t, "example.com/slow:1") != "" {
		t.Error("there is an image")
	}
}

const slowImage = `
-- docker-bake.hcl --
target "default" {
  network           = "none"
  dockerfile-inline = "FROM scratch\nCOPY root /\nRUN exec sleep 76543"
  tags              = ["example.com/slow:1"]
}
`

// A Docker that is not there, and one that dies, end a build in a way that
// tells a script from a failed one.
func TestDockerGone(t *testing.T) {
	for _, s := range dockers {
		t.Run(s.name, func(t *testing.T) { dockerGone(t, s.start(t)) })
	}
}

func dockerGone(t *testing.T, d *fixture.Docker) {
	t.Cleanup(func() {
		if err := d.Stop(); err != nil {
			t.Error(err)
		}
	})
	s := dockerSite(t, d, slowImage)
	withSystem(t, s)
	b := s.start("--progress=plain", "--builder=default")
	untilRunning(t, "sleep 76543")
	d.Kill()
	text := b.wait(20*time.Second, 5)
	if !strings.Contains(text, "the connection to builder default was lost") {
		t.Error("it is not told that the builder was lost")
	}
	tells(t, s.run(5, "--builder=default"), `use the builder "default"`, "docker.sock")
	for _, p := range processes() { // an old Docker leaves them when it is killed
		if strings.Contains(p.command, "sleep 76543") {
			_ = syscall.Kill(p.pid, syscall.SIGKILL)
		}
	}
	untilGone(t, "sleep 76543")
}
