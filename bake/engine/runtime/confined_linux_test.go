//go:build cgo

package runtime

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"syscall"
	"testing"

	"bake/bake/engine/rootless"

	"golang.org/x/sys/unix"
)

// envRole makes this test binary an ordinary user's program, or its child in a
// user namespace.
const envRole = "RUNTIME_TEST_ROLE"

// someone is an id that no user has.
const someone = 54321

// TestRunAsAnOrdinaryUser runs a container in a user namespace with a single
// id, where the usual spec has a devpts mount that the kernel refuses.
func TestRunAsAnOrdinaryUser(t *testing.T) {
	b := newBundle(t, "id")
	b.write()
	for path := b.dir; path != os.TempDir() && path != "/"; path = filepath.Dir(path) {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// The test binary may be where only root can look.
	if err := os.Remove(b.runtime); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := copyFile(self, b.runtime); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("chown", "-R", fmt.Sprint(someone), b.dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command(b.runtime, "--log-format", "json", "run", "--bundle", b.dir, b.id)
	cmd.Args[0] = "parent"
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), envRole+"=parent", "XDG_RUNTIME_DIR="+filepath.Join(b.dir, "run"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: someone, Gid: someone}}
	r := b.finish(cmd)
	if r.status != 0 || r.stdout != "1 0 0 / hello\n" || !strings.Contains(r.stderr, "without limits") {
		t.Errorf("got %+v", r)
	}
	if entries, err := os.ReadDir(filepath.Join(b.dir, "run")); err != nil || len(entries) != 0 {
		t.Errorf("state outside of the namespace: %v, %v", entries, err)
	}
}

// TestRunWithReadOnlyCgroups is what it is like in a container.
func TestRunWithReadOnlyCgroups(t *testing.T) {
	b := newBundle(t, "read", "/proc/self/cgroup")
	b.write()
	goruntime.LockOSThread() // never unlocked: the thread with the other mounts ends with this goroutine
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		t.Skipf("no mount namespace can be made here: %v", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		path := strings.Fields(line)[4]
		if !strings.HasPrefix(path, "/sys/fs/cgroup") {
			continue
		}
		if err := unix.Mount("", path, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	r := b.do("run", "--bundle", b.dir, b.id)
	if r.status != 0 || strings.Contains(r.stdout, b.id) {
		t.Errorf("got %+v", r)
	}
	if log, _ := os.ReadFile(b.log); !strings.Contains(string(log), "without limits") {
		t.Errorf("nothing is said about it: %s", log)
	}
}

// playRole is main in the two processes of TestRunAsAnOrdinaryUser.
func playRole(role string) int {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	var err error
	switch role {
	case "parent":
		cmd.Args[0] = "child"
		cmd.Env = append(os.Environ(), envRole+"=child")
		err = rootless.Run(cmd, rootless.Options{RuntimeDir: os.Getenv("XDG_RUNTIME_DIR")}, func(string) {})
	case "child":
		cmd.Args[0] = Name
		err = cmd.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
