package rootless

import (
	"encoding/json"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// check asks an ordinary user's program for the problems of this host.
func (w *world) check(env ...string) []Problem {
	w.t.Helper()
	cmd := w.command("check")
	cmd.Env = append(cmd.Env, env...)
	stdout, stderr, status := w.output(cmd)
	var problems []Problem
	if err := json.Unmarshal([]byte(stdout), &problems); status != 0 || err != nil {
		w.t.Fatalf("status %d, %v: %s%s", status, err, stdout, stderr)
	}
	return problems
}

// has finds a problem by words of it.
func has(problems []Problem, fatal bool, words string) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool {
		return p.Fatal == fatal && strings.Contains(p.Error(), words)
	})
}

func TestCheckFindsNothingWhereAllIsThere(t *testing.T) {
	w := newWorld(t, true)
	if problems := w.check(); len(problems) > 0 {
		t.Errorf("got %v", problems)
	}
}

func TestCheckMissesSubordinateIDs(t *testing.T) {
	w := newWorld(t, false)
	want := "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 " + w.user.Username
	if problems := w.check(); len(problems) != 1 || !has(problems, false, want) {
		t.Errorf("got %v", problems)
	}
	if problems := w.check("PATH=/nowhere"); len(problems) != 1 || !has(problems, false, "install uidmap") {
		t.Errorf("without the tools: %v", problems)
	}
}

func TestCheckAsRootIsSilent(t *testing.T) {
	if Needed() {
		t.Skip("only for root")
	}
	if problems := Check(); problems != nil {
		t.Errorf("got %v", problems)
	}
}

// TestNoNewPrivileges is a service with NoNewPrivileges=yes: newuidmap is of no
// use there, but a single id is to be had.
func TestNoNewPrivileges(t *testing.T) {
	w := newWorld(t, true)
	alone(t)
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	if problems := w.check(); len(problems) != 1 || !has(problems, false, "no_new_privs") {
		t.Errorf("got %v", problems)
	}
	r, said := w.start()
	if r.UID != 0 || r.Mount != "" || r.Info.Ranges || !strings.Contains(said, "no_new_privs") {
		t.Errorf("%+v, %s", r, said)
	}
}

// TestMaskedProc is an unprivileged container, which covers parts of /proc.
func TestMaskedProc(t *testing.T) {
	w := newWorld(t, false)
	alone(t)
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		t.Skipf("no mount namespace can be made here: %v", err)
	}
	for _, err := range []error{
		unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""),
		unix.Mount("/dev/null", "/proc/version", "", unix.MS_BIND, ""),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if problems := w.check(); !has(problems, true, "systempaths=unconfined") {
		t.Errorf("got %v", problems)
	}
	if _, stderr, status := w.output(w.command("start")); status != 99 || !strings.Contains(stderr, "parts of /proc are covered") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

// TestNamespacesSwitchedOff sets the limit to 0 where it harms nobody: in a
// user namespace, for what is made in it.
func TestNamespacesSwitchedOff(t *testing.T) {
	w := newWorld(t, false)
	cmd := w.command("run", "nested")
	stdout, stderr, status := w.output(cmd)
	var problems []Problem
	if err := json.Unmarshal([]byte(stdout), &problems); status != 0 || err != nil {
		t.Fatalf("status %d, %v: %s%s", status, err, stdout, stderr)
	}
	if len(problems) == 0 || !has(problems, true, "sysctl -w user.max_user_namespaces") {
		t.Errorf("got %v", problems)
	}
	if !strings.Contains(stderr, "probe: user namespaces are switched off") {
		t.Errorf("trying it says %s", stderr)
	}
}

// TestRootWithoutCapabilities is root in a container.
func TestRootWithoutCapabilities(t *testing.T) {
	if Needed() {
		t.Skip("only for root")
	}
	w := newWorld(t, false)
	cmd := w.command("start")
	cmd.SysProcAttr.Credential = nil
	alone(t)
	if err := unix.Prctl(unix.PR_CAPBSET_DROP, unix.CAP_SYS_ADMIN, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, status := w.output(cmd)
	var r report
	if err := json.Unmarshal([]byte(stdout), &r); status != 5 || err != nil {
		t.Fatalf("status %d, %v: %s%s", status, err, stdout, stderr)
	}
	if !r.Inside || !r.Info.Ranges || r.Mount != "" || r.Chown != "" {
		t.Errorf("%+v, %s", r, stderr)
	}
}

// alone gives the test a thread that no other goroutine gets, even afterwards,
// because what the test does to it cannot be undone.
func alone(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can make this host worse than it is")
	}
	goruntime.LockOSThread()
}

func TestGrant(t *testing.T) {
	if got := grant("me"); !strings.HasSuffix(got, "165535 me") {
		t.Error(got)
	}
	if got := grant("1234"); !strings.Contains(got, "useradd") {
		t.Error(got)
	}
}

func TestSubordinate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "subuid")
	text := "root:1:5\nme:100000:65536\n\n# me:1:1\n1234:300000:10\nme:400000:0\nyou:500000:65536\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := subordinate(path, "me", 1234)
	if want := []idRange{{1, 100000, 65536}, {65537, 300000, 10}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	if err := os.WriteFile(path, []byte("me:many:1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := subordinate(path, "me", 1234); err == nil {
		t.Errorf("nonsense is %v", got)
	}
}

func TestAtLeast(t *testing.T) {
	for release, want := range map[string]bool{
		"5.10.0-28-amd64": false, "5.11": true, "5.11-rc1": true, "6.1.0": true, "4.18.0-553.el8": false, "odd": true,
	} {
		if got := atLeast(release, 5, 11); got != want {
			t.Errorf("%s: %v", release, got)
		}
	}
}
