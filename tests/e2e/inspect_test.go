package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"bake/tests/fixture"
)

// An image is shown in words of our own, and with --raw and --format byte for
// byte as docker buildx imagetools inspect does, from a registry that asks for a
// password and from a layout; which is left as it was.
func TestInspect(t *testing.T) {
	fixture.NeedRoot(t)
	t.Parallel()
	s := newSite(t, `
-- docker-bake.hcl --
variable "NAME" {}
target "default" {
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /\nENTRYPOINT [\"/bin/app\", \"a b\"]\nLABEL l=m"
  platforms         = ["linux/amd64", "linux/arm64"]
  tags              = [NAME]
  attest            = ["type=provenance,mode=min"]
  annotations       = ["index:org.example.one=1", "manifest:org.example.two=2"]
  output            = ["type=image,push=true", "type=oci,dest=layout,tar=false"]
}
`)
	r := fixture.StartRegistry(t, fixture.WithAuth("me", "secret"))
	config := r.DockerConfig(t)
	signedIn := append(s.env, "DOCKER_CONFIG="+config, "NAME="+r.Ref("app:1"))
	stranger := s.env
	s.env = signedIn
	s.run(0)
	digest := r.Pull(t, "app:1").Digest
	before := fixture.ReadDir(t, s.path("layout"))
	peer := peerAt(t, s).With("DOCKER_CONFIG=" + config)
	for _, image := range []string{r.Ref("app:1"), r.Ref("app@" + digest), "oci-layout://layout:1"} {
		o := s.run(0, "inspect", image)
		for _, want := range []string{digest, "linux/amd64", "linux/arm64", `["/bin/app","a b"]`, "l=m", "org.example.one=1", "org.example.two=2", "slsa.dev/provenance", "1 layer"} {
			if !strings.Contains(o.Stdout, want) {
				t.Errorf("%s: %q is not shown", image, want)
			}
		}
		for _, form := range []string{"--raw", "--format={{json .}}", "--format={{json .Provenance}}", `--format={{range $p, $i := .Image}}{{$p}} {{end}}`} {
			got := s.run(0, "inspect", form, image).Stdout
			want := fixture.MustRun(t, peer.Command(t.Context(), s.dir, "imagetools", "inspect", form, image)).Stdout
			if got != want || got == "" {
				t.Errorf("%s %s: bake shows\n%s\ndocker buildx shows\n%s", image, form, got, want)
			}
		}
	}
	if diff := before.Diff(fixture.ReadDir(t, s.path("layout"))); diff != "ingest: only in the second" && diff != "" {
		t.Errorf("looking changed the layout: %s", diff) // the engine's clients leave an empty directory
	}

	for _, tc := range []struct {
		code int
		args []string
		says string
	}{
		{2, []string{r.Ref("app:2")}, "not found"},
		{2, []string{"oci-layout://layout:2"}, "without a tag"},
		{2, []string{"oci-layout://nowhere"}, "is no OCI layout"},
		{2, []string{"Not An Image"}, "invalid image"},
		{2, []string{"--raw", "--format={{.}}", r.Ref("app:1")}, "exclude each other"},
		{2, []string{"--format={{.Nosuch}}", r.Ref("app:1")}, "invalid --format"},
		{2, []string{"--builder=nosuch", r.Ref("app:1")}, `no builder "nosuch"`},
		{2, nil, "one image"},
		{5, []string{"127.0.0.1:1/app:1"}, "connection refused"},
	} {
		tells(t, s.run(tc.code, append([]string{"inspect"}, tc.args...)...), tc.says)
	}
	if s.exists("nowhere") {
		t.Error("a layout was made by looking at it")
	}
	s.env = stranger
	tells(t, s.run(1, "inspect", r.Ref("app:1")), "401", "Docker configuration file")
}

// The certificate of a registry comes from the configuration of the engine.
func TestInspectWithCertificate(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	r := fixture.StartRegistry(t, fixture.WithTLS())
	r.Push(t, "app:1", fixture.Image(t, fixture.LocalPlatform(), fixture.File{Path: "a"}))
	s.write(fmt.Sprintf("-- buildkitd.toml --\n[registry.%q]\nhttp = false\nca = [%q]\n", r.Host, r.CA))
	s.env = append(s.env, "BAKE_ENGINE_CONFIG="+s.path("buildkitd.toml"))
	if o := s.run(0, "inspect", r.Ref("app:1")); !strings.Contains(o.Stdout, fixture.LocalPlatform()) {
		t.Error("the image is not shown")
	}
	s.write(fmt.Sprintf("-- buildkitd.toml --\n[registry.%q]\nhttp = false\n", r.Host))
	tells(t, s.run(1, "inspect", r.Ref("app:1")), "certificate")
}

// What a builder reaches because of a directory for the registry, bake inspect
// reaches, too: with tokens, and by a mirror.
func TestInspectKnowsDirectories(t *testing.T) {
	fixture.NeedRoot(t)
	t.Parallel()
	r := fixture.StartRegistry(t, fixture.WithTLS(), fixture.WithTokens(loginUser, loginPassword))
	builder := newSite(t, pushing+fmt.Sprintf("-- buildkitd.toml --\n[registry.%q]\nhttp = false\nca = [%q]\n", r.Host, r.CA))
	builder.env = append(builder.env, "BAKE_ENGINE_CONFIG="+builder.path("buildkitd.toml"), "DOCKER_CONFIG="+r.DockerConfig(t))
	builder.run(0, "--var", "NAME="+r.Ref("app:1"))
	copied := fixture.StartRegistry(t, fixture.WithTLS())
	copied.Push(t, "app:1", fixture.Image(t, fixture.LocalPlatform(), fixture.File{Path: "a"}))
	mirror := fmt.Sprintf("[host.%q]\ncapabilities = [\"pull\", \"resolve\"]\nca = %q\n", "https://"+copied.Host, copied.CA)
	for name, tc := range map[string]struct {
		dir, file, text string
		image           string
		code            int
	}{
		"docker":     {r.Host, "ca.crt", read(t, r.CA), r.Ref("app:1"), 0},
		"containerd": {strings.Replace(r.Host, ":", "_", 1) + "_", "hosts.toml", fmt.Sprintf("server = %q\nca = %q\n", "https://"+r.Host, r.CA), r.Ref("app:1"), 0},
		"mirror":     {"registry.invalid", "hosts.toml", mirror, "registry.invalid/app:1", 0},
		"insecure":   {r.Host, "hosts.toml", fmt.Sprintf("server = %q\nskip_verify = true\n", "https://"+r.Host), r.Ref("app:1"), 0},
		"wrong":      {r.Host, "ca.crt", read(t, copied.CA), r.Ref("app:1"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "")
			config := filepath.Join(s.home(), "settings")
			writeProgram(t, filepath.Join(config, "buildkitd.toml"), "")
			writeProgram(t, filepath.Join(config, "certs.d", tc.dir, tc.file), tc.text)
			s.env = append(s.env, "BAKE_ENGINE_CONFIG="+filepath.Join(config, "buildkitd.toml"), "DOCKER_CONFIG="+r.DockerConfig(t))
			o := s.run(tc.code, "inspect", tc.image)
			if ok := strings.Contains(o.Stdout, fixture.LocalPlatform()); ok != (tc.code == 0) {
				t.Errorf("the image is shown: %t", ok)
			}
			if tc.code == 1 {
				tells(t, o, "certificate", "certs.d")
			}
		})
	}
}
