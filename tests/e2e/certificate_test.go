package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bake/tests/fixture"
)

// A registry with a certificate of its own is reached with what any of the
// usual places says of it, also for the tokens it wants.
func TestCertificates(t *testing.T) {
	fixture.NeedRoot(t)
	registry := fixture.StartRegistry(t, fixture.WithTLS(), fixture.WithTokens(loginUser, loginPassword))
	other := fixture.StartRegistry(t, fixture.WithTLS())
	ca, otherCA := read(t, registry.CA), read(t, other.CA)
	host, underscored := registry.Host, strings.Replace(registry.Host, ":", "_", 1)+"_"
	for name, tc := range map[string]struct {
		files map[string]string // beside buildkitd.toml
		code  int
		tells []string
	}{
		"wrong":      {files: map[string]string{"certs.d/" + host + "/ca.crt": otherCA}, code: 1, tells: []string{"certificate signed by unknown authority", "certs.d"}},
		"docker":     {files: map[string]string{"certs.d/" + host + "/ca.crt": ca}},
		"containerd": {files: map[string]string{"certs.d/" + underscored + "/hosts.toml": fmt.Sprintf("server = %q\nca = %q\n", "https://"+host, registry.CA), "certs.d/" + host + "/ca.crt": ca}},
		"buildkit":   {files: map[string]string{"buildkitd.toml": fmt.Sprintf("[registry.%q]\nhttp = false\nca = [%q]\n", host, registry.CA)}},
		"insecure":   {files: map[string]string{"buildkitd.toml": fmt.Sprintf("[registry.%q]\ninsecure = true\n", host)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, pushing)
			config := filepath.Join(s.home(), "settings")
			for path, text := range tc.files {
				writeProgram(t, filepath.Join(config, path), text)
			}
			if _, ok := tc.files["buildkitd.toml"]; !ok {
				writeProgram(t, filepath.Join(config, "buildkitd.toml"), "")
			}
			s.env = append(s.env, "BAKE_ENGINE_CONFIG="+filepath.Join(config, "buildkitd.toml"), "DOCKER_CONFIG="+registry.DockerConfig(t))
			tells(t, s.run(tc.code, "--var", "NAME="+registry.Ref(name+":1")), tc.tells...)
			if registry.Stored(name+":1") != (tc.code == 0) {
				t.Error("the image is there if the build failed, or not if it went well")
			}
		})
	}
}

// What is put into a directory counts at once, also for an engine that has
// asked in vain before.
func TestCertificateComesLater(t *testing.T) {
	fixture.NeedRoot(t)
	registry := fixture.StartRegistry(t, fixture.WithTLS())
	registry.Push(t, "base:1", fixture.Image(t, fixture.LocalPlatform(), fixture.File{Path: "file", Data: []byte("x")}))
	s := newSite(t, `
-- docker-bake.hcl --
variable "NAME" {}
target "default" {
  dockerfile-inline = "FROM ${NAME}\nLABEL a=b"
  output            = ["type=oci,dest=app.tar"]
}
`)
	config := filepath.Join(s.home(), "settings")
	writeProgram(t, filepath.Join(config, "buildkitd.toml"), "")
	s.env = append(s.env, "BAKE_ENGINE_CONFIG="+filepath.Join(config, "buildkitd.toml"))
	s.run(1, "--var", "NAME="+registry.Ref("base:1"))
	before := s.engineState().PID
	writeProgram(t, filepath.Join(config, "certs.d", registry.Host, "ca.crt"), read(t, registry.CA))
	s.run(0, "--var", "NAME="+registry.Ref("base:1"))
	if after := s.engineState().PID; after != before {
		t.Error("the engine was replaced")
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
