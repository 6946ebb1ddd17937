package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bake/tests/fixture"

	"golang.org/x/sys/unix"
)

// trivial needs no base and no process.
const trivial = `
-- docker-bake.hcl --
target "default" {
  dockerfile-inline = "FROM scratch\nCOPY docker-bake.hcl /"
  output            = ["type=local,dest=out"]
}
`

func TestReadOnlyState(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, trivial)
	dir := filepath.Join(t.TempDir(), "readonly")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	s.env = append(s.env, "BAKE_ENGINE_DIR="+filepath.Join(dir, "engine"))
	tells(t, s.run(5), dir, "read-only file system", "BAKE_ENGINE_DIR")
	// What needs no engine works all the same.
	s.run(0, "--print")
	s.run(0, "--list=targets")
}

// The address of a unix socket has 107 bytes at most. A state directory may be
// deeper than that: the socket lies elsewhere then, and is not left there.
func TestDeepState(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, trivial)
	s.engine = filepath.Join(filepath.Dir(s.engine), strings.Repeat("deep-directory/", 10), "engine")
	s.env = append(s.env, "BAKE_ENGINE_DIR="+s.engine)
	s.run(0)
	socket := s.engineState().Socket
	if len(socket) > 107 {
		t.Errorf("the socket is %s", socket)
	}
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v, %v", info, err)
	}
	if info, err := os.Stat(filepath.Dir(socket)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the socket's directory: %v, %v", info, err)
	}
	s.run(0, "engine", "stop")
	if _, err := os.Stat(filepath.Dir(socket)); err == nil {
		t.Errorf("%s is left behind", filepath.Dir(socket))
	}
}

// A path that was asked for is not replaced by another.
func TestLongSocket(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, trivial)
	long := filepath.Join(filepath.Dir(s.engine), strings.Repeat("deep-directory/", 10), "engine.sock")
	s.env = append(s.env, "BAKE_ENGINE_SOCKET="+long)
	tells(t, s.run(5), long, "107", "BAKE_ENGINE_SOCKET")
}

func TestStateOfSomebodyElse(t *testing.T) {
	fixture.NeedRoot(t)
	s := newSite(t, trivial)
	if err := os.Mkdir(s.engine, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(s.engine, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	tells(t, s.run(5), s.engine, "12345")
	if err := os.RemoveAll(s.engine); err != nil {
		t.Fatal(err)
	}
}
