package e2e

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bake/tests/fixture"
)

const loginUser, loginPassword = "me", "open-sesame-of-the-test"

// A login is found wherever docker buildx bake finds it, and nowhere shown.
func TestLogins(t *testing.T) {
	fixture.NeedRoot(t)
	registry := fixture.StartRegistry(t, fixture.WithAuth(loginUser, loginPassword))
	known := base64.StdEncoding.EncodeToString([]byte(loginUser + ":" + loginPassword))
	auths := fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, registry.Host, known)
	wrong := fmt.Sprintf(`{"auths":{%q:{"auth":"bWU6d3Jvbmc="}}}`, registry.Host)
	for name, tc := range map[string]struct {
		files map[string]string // below the home directory
		env   []string          // with HOME for that directory
		code  int
		tells []string
	}{
		"none":         {code: 1, tells: []string{"credentials", "docker-bake.hcl:5:"}},
		"wrong":        {files: map[string]string{".docker/config.json": wrong}, code: 1, tells: []string{"credentials"}},
		"broken":       {files: map[string]string{".docker/config.json": "{"}, code: 1, tells: []string{"no login for a registry is known", "config.json"}},
		"home":         {files: map[string]string{".docker/config.json": auths}},
		"named":        {files: map[string]string{"elsewhere/config.json": auths}, env: []string{"DOCKER_CONFIG=HOME/elsewhere"}},
		"environment":  {env: []string{"DOCKER_AUTH_CONFIG=" + auths}},
		"store":        {files: map[string]string{".docker/config.json": `{"credsStore":"fake"}`, "bin/docker-credential-fake": helper}},
		"helper":       {files: map[string]string{".docker/config.json": fmt.Sprintf(`{"credHelpers":{%q:"fake"}}`, registry.Host), "bin/docker-credential-fake": helper}},
		"no helper":    {files: map[string]string{".docker/config.json": `{"credsStore":"missing"}`}, code: 1, tells: []string{"docker-credential-missing"}},
		"other server": {files: map[string]string{".docker/config.json": `{"auths":{"example.com":{"auth":"` + known + `"}}}`}, code: 1, tells: []string{"credentials"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, pushing)
			s.share()
			home := s.home()
			for path, text := range tc.files {
				writeProgram(t, filepath.Join(home, path), text)
			}
			s.env = append(s.env, "PATH="+filepath.Join(home, "bin")+":"+os.Getenv("PATH"))
			for _, setting := range tc.env {
				s.env = append(s.env, strings.ReplaceAll(setting, "HOME", home))
			}
			image := strings.ReplaceAll(name, " ", "-") + ":1"
			o := s.run(tc.code, "--var", "NAME="+registry.Ref(image))
			tells(t, o, tc.tells...)
			if all := o.Stdout + o.Stderr; strings.Contains(all, loginPassword) || strings.Contains(all, known) {
				t.Error("the password is shown")
			}
			if strings.Contains(o.Stderr, "retrying") {
				t.Error("a refusal was not taken for an answer")
			}
			if registry.Has(t, image) != (tc.code == 0) {
				t.Error("the image is there if the build failed, or not if it went well")
			}
		})
	}
}

// helper is a credential helper of the Docker CLI.
const helper = `#!/bin/sh
read server
[ "$1" = get ] && printf '{"ServerURL":"%s","Username":"` + loginUser + `","Secret":"` + loginPassword + `"}' "$server"
`

func writeProgram(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// Registries that give tokens are asked for few, however many images are pushed.
func TestTokens(t *testing.T) {
	fixture.NeedRoot(t)
	registry := fixture.StartRegistry(t, fixture.WithTokens(loginUser, loginPassword))
	s := newSite(t, `
-- docker-bake.hcl --
variable "NAME" {}
target "default" {
  name              = "image-${n}"
  matrix            = { n = range(50) }
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /\nLABEL n=${n}"
  tags              = ["${NAME}:${n}"]
  output            = ["type=registry"]
}
`)
	s.share()
	tells(t, s.run(1, "--var", "NAME="+registry.Ref("many"), "image-1"), "credentials")
	before := len(registry.Tokens.Scopes())
	// buildx keeps logins for one registry, repository or use of it.
	login, err := os.ReadFile(filepath.Join(registry.DockerConfig(t), "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	writeProgram(t, filepath.Join(s.home(), "buildx/config", registry.Host, "many@push/config.json"), string(login))
	s.env = append(s.env, "BUILDX_CONFIG="+filepath.Join(s.home(), "buildx"))
	o := s.run(0, "--var", "NAME="+registry.Ref("many"))
	given := registry.Tokens.Scopes()[before:]
	t.Logf("%d tokens for 50 images: %v", len(given), given)
	if len(given) == 0 || len(given) > 10 {
		t.Errorf("%d tokens are too many, or none", len(given))
	}
	for _, image := range []string{"many:0", "many:49"} {
		if !registry.Stored(image) {
			t.Errorf("%s was not pushed", image)
		}
	}
	if strings.Contains(o.Stdout+o.Stderr, loginPassword) {
		t.Error("the password is shown")
	}
}
