//go:build cgo

package runtime

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func TestRunReturnsTheExitStatus(t *testing.T) {
	b := newBundle(t, "exit", "42")
	if r := b.run(); r.status != 42 || r.stderr != "" {
		t.Fatalf("got %+v, want status 42", r)
	}
	if s := b.state(); s.Status != "absent" {
		t.Errorf("a container without --keep is %s after its end", s.Status)
	}
}

func TestRunJoinsTheStreams(t *testing.T) {
	b := newBundle(t, "cat")
	b.write()
	cmd := b.command("run", "--bundle", b.dir, b.id)
	cmd.Stdin = strings.NewReader(strings.Repeat("0123456789abcdef\n", 20000))
	if r := b.finish(cmd); r.status != 0 || len(r.stdout) != 17*20000 {
		t.Fatalf("status %d, %d bytes, stderr %q", r.status, len(r.stdout), r.stderr)
	}
}

func TestRunSetsTheProcessUp(t *testing.T) {
	b := newBundle(t, "id")
	b.spec.Process.User.UID, b.spec.Process.User.GID = 1000, 1001
	b.spec.Process.Cwd = "/dev"
	if r := b.run(); r.stdout != "1 1000 1001 /dev hello\n" {
		t.Fatalf("got %+v", r)
	}
}

func TestRunKeepsTheStateIfAsked(t *testing.T) {
	b := newBundle(t, "exit", "3")
	if r := b.run("--keep"); r.status != 3 {
		t.Fatalf("got %+v", r)
	}
	if s := b.state(); s.Status != "stopped" || s.PID != 0 || s.ID != b.id || s.Bundle != b.dir {
		t.Errorf("after its end: %+v", s)
	}
	if r := b.run(); r.status != 1 || !strings.Contains(r.stderr, "already exists") {
		t.Errorf("a second one with the same id: %+v", r)
	}
	if r := b.do("delete", b.id); r.status != 0 || b.state().Status != "absent" {
		t.Errorf("delete: %+v", r)
	}
}

func TestRunFailureGoesToLogAndStderr(t *testing.T) {
	b := newBundle(t, "exit", "0")
	b.spec.Process.Args = []string{"/no-such-program"}
	r := b.run()
	if r.status != 1 || !strings.Contains(r.stderr, "/no-such-program") {
		t.Errorf("got %+v", r)
	}
	data, err := os.ReadFile(b.log)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	var entry struct{ Level, Msg, Time string }
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &entry); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	if entry.Level != "error" || !strings.Contains(entry.Msg, "/no-such-program") || entry.Time == "" {
		t.Errorf("logged %+v", entry)
	}
	if s := b.state(); s.Status != "absent" {
		t.Errorf("what did not start is %s", s.Status)
	}
}

func TestRunWithoutBundle(t *testing.T) {
	b := newBundle(t, "exit", "0")
	if r := b.do("run", "--bundle", t.TempDir(), b.id); r.status != 1 || !strings.Contains(r.stderr, "config.json") {
		t.Errorf("got %+v", r)
	}
}

func TestRunWritesThePidFile(t *testing.T) {
	b := newBundle(t, "exit", "0")
	path := filepath.Join(b.dir, "pid")
	if r := b.run("--pid-file", path); r.status != 0 {
		t.Fatalf("got %+v", r)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if pid, err := strconv.Atoi(string(data)); err != nil || pid < 2 {
		t.Errorf("the file holds %q", data)
	}
}

func TestRunPassesDescriptors(t *testing.T) {
	b := newBundle(t, "fd", "3")
	b.write()
	path := filepath.Join(b.dir, "secret")
	if err := os.WriteFile(path, []byte("from outside"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cmd := b.command("run", "--bundle", b.dir, "--preserve-fds", "1", b.id)
	cmd.ExtraFiles = []*os.File{f}
	if r := b.finish(cmd); r.status != 0 || r.stdout != "from outside" {
		t.Errorf("got %+v", r)
	}
	if r := b.run("--preserve-fds", "7"); r.status != 1 || !strings.Contains(r.stderr, "not open") {
		t.Errorf("descriptors that are not there: %+v", r)
	}
}

func TestRunPassesSignalsOn(t *testing.T) {
	b := newBundle(t, "trap")
	b.write()
	cmd := b.command("run", "--bundle", b.dir, b.id)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(patience, func() { cmd.Process.Kill() }).Stop()
	lines := bufio.NewReader(out)
	if line, _ := lines.ReadString('\n'); line != "ready\n" {
		t.Fatalf("it says %q", line)
	}
	cmd.Process.Signal(syscall.SIGUSR1)
	line, _ := lines.ReadString('\n')
	cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); line != "got user defined signal 1\n" || status != 7 {
		t.Errorf("it says %q, status %d", line, status)
	}
}

func TestRunSurvivesOrphans(t *testing.T) {
	b := newBundle(t, "orphan")
	// In the caller's PID namespace the orphan comes to the runtime.
	b.spec.Linux.Namespaces = b.spec.Linux.Namespaces[1:]
	if r := b.run(); r.status != 0 {
		t.Errorf("got %+v", r)
	}
}

func TestRunCopiesFilesAndDoesNotGiveThemAway(t *testing.T) {
	b := newBundle(t, "echo", "hi")
	b.spec.Process.User.UID = 1000
	b.write()
	path := filepath.Join(b.dir, "out")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cmd := b.command("run", "--bundle", b.dir, b.id)
	cmd.Stdout = f
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	data, _ := os.ReadFile(path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if uid := info.Sys().(*syscall.Stat_t).Uid; string(data) != "hi\n" || uid != 0 {
		t.Errorf("the file holds %q and belongs to %d", data, uid)
	}
}

func TestRunLimitsResources(t *testing.T) {
	b := newBundle(t, "read", "/proc/self/limits")
	if r := b.run(); !regexp.MustCompile(`Max open files +1024 +1024`).MatchString(r.stdout) {
		t.Errorf("got %+v", r)
	}
	b.spec.Process.Rlimits[0].Type = "RLIMIT_LUCK"
	if r := b.run(); r.status != 1 || !strings.Contains(r.stderr, "RLIMIT_LUCK") {
		t.Errorf("got %+v", r)
	}
}

func TestRunRemovesItsCgroups(t *testing.T) {
	b := newBundle(t, "read", "/proc/self/cgroup")
	r := b.run()
	if r.status != 0 || !strings.Contains(r.stdout, b.spec.Linux.CgroupsPath) {
		t.Fatalf("got %+v, want cgroups %s", r, b.spec.Linux.CgroupsPath)
	}
	for _, pattern := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/*"} {
		if left, _ := filepath.Glob(pattern + b.spec.Linux.CgroupsPath); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

func TestSeccompProfile(t *testing.T) {
	b := newBundle(t, "keyctl")
	b.spec.Linux.Seccomp = &specs.LinuxSeccomp{
		DefaultAction: specs.ActAllow,
		Architectures: []specs.Arch{specs.ArchX86_64, specs.ArchAARCH64},
		Syscalls:      []specs.LinuxSyscall{{Names: []string{"keyctl"}, Action: specs.ActErrno, ErrnoRet: new(uint(unix.EPERM))}},
	}
	r := b.run()
	if refused := strings.Contains(r.stdout, "operation not permitted"); r.status != 0 || refused != SeccompEnabled() {
		t.Errorf("seccomp is %v here, got %+v", SeccompEnabled(), r)
	}
	b.spec.Process.Args = []string{"/payload", "status", "Seccomp"}
	mode := map[bool]string{true: "Seccomp:\t2\n", false: "Seccomp:\t0\n"}[SeccompEnabled()]
	if r := b.run(); r.stdout != mode {
		t.Errorf("got %+v, want %q", r, mode)
	}
}
