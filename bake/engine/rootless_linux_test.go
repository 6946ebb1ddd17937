package engine

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"bake/bake/engine/rootless"
)

// TestAsOrdinaryUser runs tests of this file's neighbours as a user without any
// privilege, and without ranges of subordinate ids.
func TestAsOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to become another user")
	}
	const uid = 54321 // nobody's
	home, err := os.MkdirTemp("", "bake-user-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	// The test binary lies where only root gets to.
	data, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	exe := filepath.Join(home, "engine.test")
	if err := os.WriteFile(exe, data, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(home, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(home, uid, uid); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.v", "-test.run", "^("+strings.Join([]string{
		"TestColdStartRuns", "TestKilledEngineIsReplaced", "TestServeDiesWithItsParent", "TestLongStatePath",
	}, "|")+")$")
	cmd.Dir = home
	cmd.Env = []string{"HOME=" + home, "TMPDIR=" + home, "PATH=" + os.Getenv("PATH"), envUser + "=" + strconv.Itoa(uid)}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	for _, bad := range []string{"SKIP", "no tests to run"} {
		if strings.Contains(string(out), bad) {
			t.Errorf("not everything ran:\n%s", out)
		}
	}
}

// envUser tells the tests which user they are meant to run as.
const envUser = "_BAKE_ENGINE_TEST_USER"

// hostLacks tells what keeps ordinary users from running an engine here.
func hostLacks() string {
	for _, p := range rootless.Check() {
		if p.Fatal {
			return p.Error()
		}
	}
	return ""
}
