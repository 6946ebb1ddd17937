package e2e

import (
	"bytes"
	"net"
	"os/exec"
	"path"
	"strings"
	"syscall"
	"testing"
	"time"

	"bake/tests/fixture"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/crypto/ssh"
	"golang.org/x/tools/txtar"
)

// gitToken is what the private git server of the world wants to be shown.
const gitToken = "token-of-the-test"

// remoteWorld is where definitions and contexts come from: a repository that is
// served to all, to those with the token and to those with the key, and archives
// of it. The environment names them.
func remoteWorld(t *testing.T, key ssh.PublicKey) (env []string, web map[string][]byte) {
	t.Helper()
	files := map[string]string{}
	archive, err := txtar.ParseFile("testdata/remote/repository.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var packed, below []fixture.File
	for _, f := range archive.Files {
		files[f.Name] = string(f.Data)
		packed = append(packed, fixture.File{Path: f.Name, Data: f.Data})
		below = append(below, fixture.File{Path: path.Join("repo-main", f.Name), Data: f.Data})
	}
	tar := fixture.Tar(t, packed...)
	gzip := fixture.Program(t, "gzip", "gzip")
	web = map[string][]byte{
		"repo.tar": tar, "repo.tgz": compressed(t, tar, gzip), "top.tar.gz": compressed(t, fixture.Tar(t, below...), gzip),
		"repo.tar.bz2":    compressed(t, tar, fixture.Program(t, "bzip2", "bzip2")),
		"repo.tar.xz":     compressed(t, tar, fixture.Program(t, "xz", "xz-utils")),
		"docker-bake.hcl": []byte(files["docker-bake.hcl"]),
	}
	repo := fixture.NewGitRepo(t, files)
	repo.Git(t, "tag", "v1")
	commit := repo.Commit(t, map[string]string{"lib/version": "2\n"})
	private := repo.ServePrivate(t, gitToken)
	return []string{
		"REPO=" + repo.Serve(t), "REPO_PRIVATE=" + private, "REPO_LOGIN=" + strings.Replace(private, "://", "://me:"+gitToken+"@", 1),
		"REPO_SSH=" + repo.ServeSSH(t, key),
		"COMMIT=" + commit, "TOKEN=" + gitToken,
	}, web
}

// compressed is data after a program that compresses standard input.
func compressed(t *testing.T, data []byte, program string) []byte {
	t.Helper()
	cmd := exec.Command(program, "-c")
	cmd.Stdin = bytes.NewReader(data)
	return []byte(fixture.MustRun(t, cmd).Stdout)
}

// prints runs bake and docker buildx bake with --print: both must print the same.
func (c *commands) prints(ts *testscript.TestScript, _ bool, args []string) {
	args = append([]string{"--print", "--progress=quiet"}, args...)
	tb := failing{c.t, ts}
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), c.settings(ts)
	cmd.Stderr = ts.Stderr()
	ours := fixture.MustRun(tb, cmd).Stdout
	o := c.world.peerOn(c.t).Bake(tb, ts.MkAbs("."), c.peerSettings(ts), args...)
	if o.Code != 0 {
		ts.Fatalf("docker buildx bake: exit code %d\n%s", o.Code, o.Stderr)
	}
	if ours != o.Stdout {
		ts.Fatalf("bake prints:\n%s\ndocker buildx bake prints:\n%s", ours, o.Stdout)
	}
}

// TestFetchInterrupted: a server that accepts and says nothing holds nobody up
// who does not want to wait.
func TestFetchInterrupted(t *testing.T) {
	fixture.NeedRoot(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	asked := make(chan net.Conn, 1)
	go func() {
		if conn, err := listener.Accept(); err == nil {
			asked <- conn
		}
	}()
	s := newSite(t, "")
	b := s.start("--progress=plain", "http://"+listener.Addr().String()+"/docker-bake.hcl")
	select {
	case conn := <-asked:
		defer conn.Close()
	case <-time.After(patience):
		t.Fatal("nobody asked")
	}
	b.signal(syscall.SIGINT)
	if text := b.wait(10*time.Second, 130); !strings.Contains(text, "interrupted") {
		t.Error("bake does not tell that it was interrupted")
	}
}
