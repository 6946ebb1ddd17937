package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"bake/tests/fixture"

	"golang.org/x/sys/unix"
)

// smallDisk mounts a file system of some MiB at dir until the test ends.
func smallDisk(t *testing.T, dir string, size int64) {
	t.Helper()
	fixture.NeedRoot(t)
	image := filepath.Join(t.TempDir(), "disk")
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, size<<20); err != nil {
		t.Fatal(err)
	}
	fixture.MustRun(t, exec.Command(fixture.Program(t, "mkfs.ext4", "e2fsprogs"), "-q", "-m", "0", image))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	fixture.MustRun(t, exec.Command(fixture.Program(t, "mount", "mount"), "-o", "loop", image, dir))
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Errorf("unmount %s: %v", dir, err)
			_ = unix.Unmount(dir, unix.MNT_DETACH)
		}
	})
}

// onDisk makes dir hold the engine's state, in a site that is cleaned up before
// the disk goes away.
func (s *site) onDisk(dir string) {
	s.engine = dir
	s.env = append(s.env, "BAKE_ENGINE_DIR="+dir)
	s.t.Cleanup(func() {
		if err := stopEngine(dir, nil); err != nil {
			s.t.Error(err)
		}
	})
}

// awaitFree waits until a disk has some MiB free again: the engine takes a
// moment to throw away what a failed step has left.
func awaitFree(t *testing.T, dir string, size uint64) {
	t.Helper()
	fixture.Await(t, time.Minute, "space is freed", func() bool { return hasFree(t, dir, size) })
}

func hasFree(t *testing.T, dir string, size uint64) bool {
	t.Helper()
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		t.Fatal(err)
	}
	return stat.Bavail*uint64(stat.Bsize) > size<<20
}

func TestDiskFull(t *testing.T) {
	s := newSite(t, large)
	disk := filepath.Join(t.TempDir(), "disk")
	smallDisk(t, disk, 60)
	s.onDisk(filepath.Join(disk, "engine"))
	s.run(0, "--var", "SIZE=1", "--set", "*.output=type=cacheonly")
	o := s.run(1, "--var", "SIZE=100")
	tells(t, o, "target default", "No space left on device", "bake engine prune")
	if strings.Contains(o.Stderr, "goroutine ") {
		t.Error("a panic reached the user")
	}
	if time.Sleep(2 * time.Second); !hasFree(t, disk, 20) {
		s.run(0, "engine", "prune", "--all") // as the error says
	}
	awaitFree(t, disk, 20)
	s.run(0, "--var", "SIZE=2", "--set", "*.output=type=local,dest=out")
	if info, err := os.Stat(s.path("out/random")); err != nil || info.Size() != 2<<20 {
		t.Errorf("out/random: %v, %v", info, err)
	}
}

// BuildKit never lets go of what a step wrote that was cancelled, so an engine
// whose disk is full of that gives way to one that can remove it.
func TestDiskFullOfACancelledStep(t *testing.T) {
	s := newSite(t, large)
	disk := filepath.Join(t.TempDir(), "disk")
	smallDisk(t, disk, 60)
	s.onDisk(filepath.Join(disk, "engine"))
	s.write("-- Dockerfile --\nFROM base\nRUN dd if=/dev/zero of=/zero bs=1M count=30 && exec sleep 1234.5\n")
	b := s.start()
	untilRunning(t, "1234.5")
	b.signal(syscall.SIGINT)
	b.wait(2*time.Second, 130)
	fixture.Await(t, time.Minute, "the engine stops, or has room again", func() bool {
		return !s.engineState().Running || hasFree(t, disk, 30)
	})
	s.run(0, "engine", "start")
	awaitFree(t, disk, 30)
}

// An image that cannot be unpacked is another way to fill the disk: it is the
// engine itself that fails to write, not a step.
func TestDiskFullWhileUnpacking(t *testing.T) {
	s := newSite(t, large)
	disk := filepath.Join(t.TempDir(), "disk")
	smallDisk(t, disk, 24)
	s.onDisk(filepath.Join(disk, "engine"))
	s.write(`
-- docker-bake.hcl --
target "default" {
  context           = "big"
  dockerfile-inline = "FROM scratch\nCOPY . /"
}
target "small" {
  context           = "small"
  dockerfile-inline = "FROM scratch\nCOPY . /"
  output            = ["type=local,dest=out"]
}
-- small/file --
small
`)
	if err := os.Mkdir(s.path("big"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.path("big/file"), make([]byte, 40<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	o := s.run(1)
	tells(t, o, "target default", "no space left on device", "bake engine prune")
	s.run(0, "engine", "prune", "--all")
	awaitFree(t, disk, 10)
	s.run(0, "small")
	if got := s.read("out/file"); got != "small\n" {
		t.Errorf("have %q", got)
	}
}

// The disk that is full may be the user's own.
func TestDiskFullOfOutputs(t *testing.T) {
	s := newSite(t, large)
	smallDisk(t, s.path("small"), 8)
	for _, output := range []string{"type=tar,dest=small/out.tar", "type=oci,dest=small/out.tar", "type=local,dest=small/out", "type=oci,tar=false,dest=small/out"} {
		o := s.run(1, "--set", "*.output="+output, "--var", "SIZE=20")
		tells(t, o, "target default", "no space left on device", "/small/")
		if strings.Contains(o.Stderr, "engine prune") {
			t.Errorf("%s: the engine's disk is blamed", output)
		}
		if strings.Contains(output, ".tar") && s.exists("small/out.tar") {
			t.Errorf("%s: there is half a file", output)
		}
		if err := os.RemoveAll(s.path("small/out")); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(s.path("small"))
		if err != nil || len(entries) != 1 { // lost+found
			t.Errorf("%s: left behind: %v, %v", output, entries, err)
		}
	}
}
