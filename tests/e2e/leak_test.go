package e2e

import (
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/pem"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bake/tests/fixture"

	"golang.org/x/crypto/ssh"
)

// leaks are the secrets of a test, by what they are, as they might be found.
type leaks map[string][]string

// add makes a secret known, and how it looks in base64 at any offset.
func (l leaks) add(what, value string) string {
	l[what] = append(l[what], value)
	for skip := range 3 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", skip) + value))
		l[what] = append(l[what], text[4:len(text)-4]) // the middle does not depend on what is around
	}
	return value
}

// control is no secret: it must be found wherever a build argument is, or the
// test looks in the wrong places.
const control = "control-4711"

// in fails the test if a text holds a secret.
func (l leaks) in(t *testing.T, where string, text []byte) {
	t.Helper()
	for what, forms := range l {
		for _, form := range forms {
			if i := bytes.Index(text, []byte(form)); i >= 0 {
				t.Errorf("%s holds the %s:\n%q", where, what, text[max(0, i-300):min(len(text), i+len(form)+100)])
				break
			}
		}
	}
}

// below fails the test if a file in a directory holds a secret, or what it is a
// compressed form of does. One must hold the control.
func (l leaks) below(t *testing.T, dir string, except ...string) {
	t.Helper()
	found := false
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		for _, e := range except {
			if path == e {
				return nil
			}
		}
		if err != nil || !d.Type().IsRegular() {
			return nil // a directory may go away while the engine works
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		found = found || bytes.Contains(data, []byte(control))
		l.in(t, path, data)
		if z, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
			plain, _ := io.ReadAll(z)
			l.in(t, path+" (unpacked)", plain)
		}
		return nil
	})
	if err != nil || !found {
		t.Errorf("%s does not hold even the control: %v", dir, err)
	}
}

const leaky = `
-- docker-bake.hcl --
variable "REGISTRY" {}
variable "GIT" {}
group "default" { targets = ["app", "fetched"] }
target "app" {
  contexts = { base = BASE }
  tags     = ["${REGISTRY}/app:1"]
  secret   = ["type=env,id=from-env,env=SECRET", "type=file,id=from-file,src=../secrets/file"]
  ssh      = ["default=../secrets/key"]
  args     = { CONTROL = "control-4711" }
  attest   = ["type=provenance,mode=max"]
  output   = ["type=registry"]
  cache-from = ["type=gha,scope=a", "type=s3,bucket=b,region=r,endpoint_url=http://127.0.0.1:1,use_path_style=true"]
  cache-to   = [
    "type=gha,scope=a,ignore-error=true",
    "type=s3,bucket=b,region=r,endpoint_url=http://127.0.0.1:1,use_path_style=true,ignore-error=true",
  ]
}
target "fetched" {
  context           = GIT
  dockerfile-inline = "FROM scratch\nCOPY . /\n"
  secret            = ["type=env,id=GIT_AUTH_TOKEN,env=TOKEN"]
  tags              = ["${REGISTRY}/fetched:1"]
  attest            = ["type=provenance,mode=max"]
  output            = ["type=registry"]
}
variable "BASE" {}
-- Dockerfile --
FROM base
ARG CONTROL
ARG PAUSE=0
RUN --mount=type=secret,id=from-env,env=SECRET --mount=type=secret,id=from-file,required \
    --mount=type=ssh test -n "$SECRET" -a -s /run/secrets/from-file && echo $CONTROL && sleep $PAUSE
`

// TestSecretsStaySecret builds with every kind of secret, and looks for them in
// all that bake and the engine print, write and keep, and in the registry.
func TestSecretsStaySecret(t *testing.T) {
	fixture.NeedRoot(t)
	t.Parallel()
	secrets := leaks{}
	registry := fixture.StartRegistry(t, fixture.WithAuth("somebody", secrets.add("password of the registry", "registry-password-4711")))
	token := secrets.add("token for git", "git-token-4711-abcdefgh")
	repo := fixture.NewGitRepo(t, map[string]string{"file": "in git\n"})
	s := newSite(t, leaky)
	s.env = append(s.env, "REGISTRY="+registry.Host, "GIT="+repo.ServePrivate(t, token)+"#main",
		"DOCKER_CONFIG="+registry.DockerConfig(t), "TOKEN="+token,
		"SECRET="+secrets.add("secret of the environment", "secret-of-the-environment-4711"),
		"ACTIONS_RUNTIME_TOKEN="+secrets.add("token of the cache of GitHub Actions", actionsToken),
		"ACTIONS_RESULTS_URL=http://127.0.0.1:1/", "ACTIONS_CACHE_URL=http://127.0.0.1:1/", "ACTIONS_CACHE_SERVICE_V2=1",
		"AWS_ACCESS_KEY_ID="+secrets.add("key id of AWS", "AKIA4711ABCDEFGHIJKL"),
		"AWS_SECRET_ACCESS_KEY="+secrets.add("key of AWS", "aws-secret-access-key-4711"),
		"AWS_SESSION_TOKEN="+secrets.add("session of AWS", "aws-session-token-4711"),
		"GITHUB_ACTIONS=true", "GITHUB_STEP_SUMMARY="+s.path("summary"), "GITHUB_OUTPUT="+s.path("output"), "GITHUB_WORKSPACE="+s.dir,
	)
	s.write("-- ../secrets/file --\n" + secrets.add("secret of a file", "secret-of-a-file-4711") + "\n")
	s.write("-- ../secrets/key --\n" + privateKey(t, secrets))
	tells := func(args ...string) {
		o := s.run(0, args...)
		secrets.in(t, "bake "+strings.Join(args, " "), []byte(o.Stdout+o.Stderr))
		if args[0] == "--print" && !strings.Contains(o.Stdout, control) {
			t.Error("--print does not show the control")
		}
	}
	tells("--print")
	tells("--list=variables")
	for _, attribute := range []string{"app", "fetched", "app.secret", "app.cache-from", "app.cache-to", "app.ssh", "fetched.context"} {
		tells("explain", attribute)
	}
	once := []string{"--no-cache", "--retries=0", "--set=app.cache-from=", "--set=app.cache-to="} // trying in vain takes its time
	tells("--progress=plain", "--metadata-file=meta.json", "--retries=0")
	tells(append(once, "--progress=rawjson")...)
	tells(append(once, "--progress=plain", "--debug", "--metadata-file=meta.json")...)
	tells(append(once, "--progress=plain", "--atomic")...)
	tells("--check", "--debug", "app")
	tells("engine", "logs")
	shown := s.inTerminal(t, append(once, "--set=app.args.PAUSE=1")...) // so that the output of the step is seen
	secrets.in(t, "the terminal", shown)
	if !bytes.Contains(shown, []byte(control)) {
		t.Error("the terminal does not show the control")
	}
	for _, name := range []string{"meta.json", "summary", "output"} {
		if !strings.Contains(s.read(name), "fetched") {
			t.Errorf("%s does not tell what was built", name)
		}
	}
	top := filepath.Dir(s.dir)
	secrets.below(t, s.engine)
	secrets.below(t, top, filepath.Join(top, "secrets/file"), filepath.Join(top, "secrets/key"))
	secrets.below(t, registry.Dir)
}

// actionsToken is a token whose claims allow to use the cache.
var actionsToken = strings.Join([]string{
	base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)),
	base64.RawURLEncoding.EncodeToString([]byte(`{"nbf":1,"exp":4102444800,"ac":"[{\"Scope\":\"refs/heads/main\",\"Permission\":3}]"}`)),
	"signature-4711",
}, ".")

// privateKey makes a key for SSH.
func privateKey(t *testing.T, secrets leaks) string {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(block))
	lines := strings.Split(text, "\n")
	secrets["private key"] = []string{lines[2], string(key.Seed())}
	return text
}

// inTerminal runs bake in a terminal and returns what that shows.
func (s *site) inTerminal(t *testing.T, args ...string) []byte {
	t.Helper()
	term := openTerminal(t)
	cmd := s.command(append(args, "--progress=tty")...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = term.theirs, term.theirs, term.theirs
	var shown lockedBuffer
	go func() { _, _ = io.Copy(&shown, term.ours) }()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, shown.String())
	}
	fixture.Await(t, patience, "the terminal shows the summary", func() bool { return strings.Contains(shown.String(), "2 targets in") })
	return []byte(shown.String())
}
