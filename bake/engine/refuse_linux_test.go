package engine

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// refused fails the test unless err is there and mentions all words.
func refused(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q is not in: %v", w, err)
		}
	}
}

func TestForeignStateDirectoryIsRefused(t *testing.T) {
	cfg := tempConfig(t)
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(cfg.Dir, 12345, 12345); err != nil {
		t.Skip("needs root to give a directory away")
	}
	defer os.Chown(cfg.Dir, 0, 0)
	refused(t, Start(testContext(t), cfg), cfg.Dir, "belongs to user 12345", EnvDir)
}

func TestForeignSocketIsRefused(t *testing.T) {
	cfg := tempConfig(t)
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(cfg.Dir, "engine.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	refused(t, Start(testContext(t), cfg), path, "open to other users")
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, 12345, 12345); err != nil {
		t.Skip("needs root to give a socket away")
	}
	refused(t, Start(testContext(t), cfg), path, "belongs to user 12345")
}

func TestSocketInSharedDirectoryIsRefused(t *testing.T) {
	cfg := tempConfig(t)
	shared := t.TempDir()
	if err := os.Chmod(shared, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	cfg.Socket = filepath.Join(shared, "engine.sock")
	refused(t, Start(testContext(t), cfg), shared, "written by other users")
}

func TestDirectoryWithOtherThingsIsRefused(t *testing.T) {
	cfg := tempConfig(t)
	if err := os.MkdirAll(cfg.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cfg.Dir, "diary.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, Start(testContext(t), cfg), cfg.Dir, "holds no engine")
	if info, err := os.Stat(cfg.Dir); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("the directory was changed: %v %v", info.Mode(), err)
	}
}

func TestOpenStateDirectoryIsClosed(t *testing.T) {
	cfg := tempConfig(t)
	if err := os.MkdirAll(cfg.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Start(testContext(t), cfg); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{cfg.Dir: 0o700, status(t, cfg).Socket: 0o600, LogFile(cfg): 0o600} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", name, got, want)
		}
	}
}

func TestReadOnlyStateDirectory(t *testing.T) {
	cfg := tempConfig(t)
	if os.Geteuid() != 0 {
		t.Skip("needs root to mount")
	}
	dir := filepath.Dir(cfg.Dir)
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	refused(t, Start(testContext(t), cfg), cfg.Dir, "read-only", EnvDir)
}

func TestLongStatePath(t *testing.T) {
	cfg := tempConfig(t)
	cfg.Dir = filepath.Join(cfg.Dir, strings.Repeat("long-", 20), strings.Repeat("path-", 20))
	ctx := testContext(t)
	t.Cleanup(func() {
		path := status(t, cfg).Socket
		if err := Stop(ctx, cfg); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(filepath.Dir(path)); !os.IsNotExist(err) {
			t.Errorf("%s is left behind: %v", filepath.Dir(path), err)
		}
	})
	if _, err := solve(ctx, t, cfg, busyboxDir(t), shell("true")); err != nil {
		t.Fatal(err)
	}
	s := status(t, cfg)
	if !s.Running || len(s.Socket) > maxSocketPath {
		t.Errorf("status: %+v", s)
	}
	if info, err := os.Stat(filepath.Dir(s.Socket)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the socket's directory: %v %v", info.Mode(), err)
	}
}

func TestLongSocketPathIsRefused(t *testing.T) {
	cfg := tempConfig(t)
	cfg.Socket = filepath.Join("/tmp", strings.Repeat("x", 120))
	err := Start(testContext(t), cfg)
	cfg.Socket = ""
	refused(t, err, "too long", EnvSocket)
}

func TestOtherSocketOfTheSameStateIsRefused(t *testing.T) {
	cfg := tempConfig(t)
	ctx := testContext(t)
	if err := Start(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	other := cfg
	other.Socket = filepath.Join(cfg.Dir, "other.sock")
	refused(t, Start(ctx, other), status(t, cfg).Socket, other.Socket)
}

// TestListenerRefusesOthers opens the socket to everybody and has somebody else
// connect: file modes are not all that protects it.
func TestListenerRefusesOthers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to become another user")
	}
	dir, err := os.MkdirTemp("", "bake-sock-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	l, err := listen(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan struct{}, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- struct{}{}
			conn.Write([]byte("x"))
			conn.Close()
		}
	}()
	data, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	exe := filepath.Join(dir, "dial")
	for _, err := range []error{os.WriteFile(exe, data, 0o755), os.Chmod(dir, 0o755), os.Chmod(path, 0o777)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for uid, want := range map[uint32]string{0: "<nil>", 54321: "EOF"} {
		cmd := exec.Command(exe)
		cmd.Env = []string{envTestDial + "=" + path}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
		out, err := cmd.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("user %d: %v %q, want %q", uid, err, got, want)
		}
	}
	if n := len(accepted); n != 1 {
		t.Errorf("%d connections were accepted", n)
	}
}
