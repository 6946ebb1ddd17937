package e2e

import (
	"crypto/ed25519"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"bake/tests/fixture"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// world is what builds need from outside: base images, a registry, a git
// server, an SSH agent. Definitions find it in the environment.
type world struct {
	registry *fixture.Registry
	tools    fixture.Layout
	env      []string
	agent    agent.Agent
	key      ssh.PublicKey // the one in the agent

	once sync.Once
	peer *fixture.Peer
}

// base is the image that nearly all builds start from: busybox on this
// machine's platform, and another on a foreign one, where nothing can run.
var base struct {
	sync.Once
	fixture.Layout
}

// lasting makes temporary directories that outlive the test.
type lasting struct{ testing.TB }

func (l lasting) TempDir() string {
	dir, err := os.MkdirTemp(suite, "shared-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		l.Fatal(err)
	}
	return dir
}

// foreign is a platform that is not this machine's.
func foreign() string {
	if runtime.GOARCH == "arm64" {
		return "linux/amd64"
	}
	return "linux/arm64"
}

func baseLayout(t testing.TB) fixture.Layout {
	base.Do(func() {
		base.Layout = fixture.WriteLayout(lasting{t}, "1",
			fixture.Image(t, fixture.LocalPlatform(), fixture.Busybox(t)...),
			fixture.Image(t, foreign(), fixture.File{Path: "etc/foreign", Data: []byte("foreign\n")}))
		readable(t, base.Dir)
	})
	return base.Layout
}

// readable lets other users read what is below dir.
func readable(t testing.TB, dir string) {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return os.Chmod(path, 0o755)
		}
		return os.Chmod(path, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// theWorld makes the world of a test and its subtests.
func theWorld(t *testing.T) *world {
	t.Helper()
	w := &world{registry: fixture.StartRegistry(t)}
	w.tools = fixture.WriteLayout(t, "1", fixture.Image(t, fixture.LocalPlatform(), linked(t, fixture.Program(t, "ssh-add", "openssh-client"))...))
	w.registry.Push(t, "scanner:1", fixture.Scanner(t))
	w.registry.Push(t, "base:1", fixture.Image(t, fixture.LocalPlatform(), fixture.Busybox(t)...))
	repo := fixture.NewGitRepo(t, map[string]string{
		"Dockerfile": "FROM scratch\nCOPY sub/file /from-git\nCOPY --from=again file /named\n", "sub/file": "in git\n",
		"renew/Dockerfile":        renewed,
		"guarded/Dockerfile":      "FROM scratch\nCOPY Dockerfile /\n",
		"guarded/Dockerfile.rego": "package docker\ndecision := {\"allow\": false, \"deny_msg\": [\"guarded in git\"]}\n",
	})
	agent := w.startAgent(t)
	env, web := remoteWorld(t, w.key)
	web["context.tar"] = fixture.Tar(t, fixture.File{Path: "Dockerfile", Data: []byte("FROM scratch\nCOPY file /from-web\n")}, fixture.File{Path: "file", Data: []byte("in a tar\n")})
	web["renew.tar"] = fixture.Tar(t, fixture.File{Path: "Dockerfile", Data: []byte(strings.Replace(renewed, "RUN", "RUN : of an archive;", 1))})
	web["Dockerfile"] = []byte("FROM scratch\nCOPY local /\n")
	w.env = append(env,
		"BASE="+baseLayout(t).Context(), "TOOLS="+w.tools.Context(),
		"REGISTRY="+w.registry.Host, "LAYOUT="+baseLayout(t).Dir,
		"WEB="+fixture.ServeFiles(t, web),
		"GIT="+repo.Serve(t), "GIT_DIR_ON_DISK="+repo.Dir,
		"SSH_AUTH_SOCK="+agent,
	)
	return w
}

// renewed is a Dockerfile with a stage that makes something else in each run.
const renewed = "FROM base AS fetch\nRUN cat /proc/sys/kernel/random/uuid > /id\nFROM scratch\nCOPY --from=fetch /id /\n"

// startAgent starts an SSH agent with one key and returns its socket.
func (w *world) startAgent(t *testing.T) string {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	w.agent, w.key = agent.NewKeyring(), signer.PublicKey()
	if err := w.agent.Add(agent.AddedKey{PrivateKey: &key, Comment: "key-of-the-test"}); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "agent-") // TempDir's names are too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", filepath.Join(dir, "sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		listener.Close()
		os.RemoveAll(dir)
	})
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_ = agent.ServeAgent(w.agent, conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// peerOn is docker buildx on the shared engine.
func (w *world) peerOn(t testing.TB) *fixture.Peer {
	w.once.Do(func() { w.peer = fixture.NewPeer(t, filepath.Join(sharedEngine, "engine.sock")) })
	return w.peer
}

// linked is a system of busybox and one program with the libraries that it
// loads, all at their places.
func linked(t testing.TB, program string) []fixture.File {
	t.Helper()
	paths := []string{program}
	for line := range strings.Lines(fixture.MustRun(t, exec.Command("ldd", program)).Stdout) {
		for _, word := range strings.Fields(line) {
			if strings.HasPrefix(word, "/") {
				paths = append(paths, word)
			}
		}
	}
	files := fixture.Busybox(t)
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, fixture.File{Path: strings.TrimPrefix(path, "/"), Data: data, Mode: 0o755})
	}
	return files
}

// environment is what a user has who works in home with the engine in dir: the
// world, and nothing of the machine's own settings but the PATH.
func (w *world) environment(home, dir string) []string {
	env := []string{
		"HOME=" + home, "XDG_STATE_HOME=" + home + "/.local/state", "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir(), "LANG=C.UTF-8", "NO_COLOR=1",
		"BAKE_ENGINE_DIR=" + dir, "BAKE_ENGINE_IDLE=2m",
		"BUILDX_BAKE_ENTITLEMENTS_FS=0", // bases and outputs are far from the working directory
		fmt.Sprintf("DOCKER_HOST=unix://%s/no-docker-here.sock", home),
	}
	if w != nil {
		env = append(env, w.env...)
	}
	return env
}
