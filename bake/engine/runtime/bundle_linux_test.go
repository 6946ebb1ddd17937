//go:build cgo

package runtime

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// patience bounds everything a test waits for.
const patience = 20 * time.Second

// payload is the static program of the containers, built once.
var payload = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "payload")
	if err != nil {
		return "", err
	}
	scratch = append(scratch, dir)
	path := filepath.Join(dir, "payload")
	cmd := exec.Command("go", "build", "-ldflags", "-s -w", "-o", path, "./testdata/payload")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", errors.New(err.Error() + ": " + string(out))
	}
	return path, nil
})

// scratch is removed after the last test.
var scratch []string

func TestMain(m *testing.M) {
	if role := os.Getenv(envRole); role != "" {
		os.Exit(playRole(role))
	}
	status := m.Run()
	for _, dir := range scratch {
		os.RemoveAll(dir)
	}
	os.Exit(status)
}

// A bundle is a container to be, with its runtime: this test binary under the
// name that makes it one.
type bundle struct {
	t       *testing.T
	dir     string
	root    string // of the runtime's state
	log     string
	runtime string
	id      string
	spec    *specs.Spec
}

func newBundle(t *testing.T, args ...string) *bundle {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("setting a container up by hand needs root; as a user the rootless engine does it")
	}
	program, err := payload()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	b := &bundle{
		t: t, dir: dir, root: filepath.Join(dir, "state"), log: filepath.Join(dir, "log.json"),
		runtime: filepath.Join(dir, Name), id: "bake-runtime-" + filepath.Base(filepath.Dir(dir)),
		spec: testSpec(append([]string{"/payload"}, args...)),
	}
	b.spec.Linux.CgroupsPath = "/" + b.id
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	rootfs := filepath.Join(dir, "rootfs")
	for _, err := range []error{
		os.Symlink(self, b.runtime),
		os.Mkdir(rootfs, 0o755),
		copyFile(program, filepath.Join(rootfs, "payload")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { b.command("delete", "--force", b.id).Run() })
	return b
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o755)
}

// testSpec is like what BuildKit generates.
func testSpec(args []string) *specs.Spec {
	caps := []string{"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_SETUID", "CAP_SETGID", "CAP_KILL"}
	return &specs.Spec{
		Version: specs.Version,
		Root:    &specs.Root{Path: "rootfs"},
		Process: &specs.Process{
			Args: args, Cwd: "/", Env: []string{"GREETING=hello"}, NoNewPrivileges: true,
			Capabilities: &specs.LinuxCapabilities{Bounding: caps, Effective: caps, Permitted: caps},
			Rlimits:      []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Hard: 1024, Soft: 1024}},
		},
		Hostname: "container",
		Mounts: []specs.Mount{
			{Destination: "/proc", Type: "proc", Source: "proc", Options: []string{"nosuid", "noexec", "nodev"}},
			{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "strictatime", "mode=755"}},
			{Destination: "/dev/pts", Type: "devpts", Source: "devpts", Options: []string{"newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
		},
		Linux: &specs.Linux{
			Namespaces: []specs.LinuxNamespace{
				{Type: specs.PIDNamespace}, {Type: specs.IPCNamespace}, {Type: specs.UTSNamespace}, {Type: specs.MountNamespace},
			},
		},
	}
}

// write writes config.json.
func (b *bundle) write() {
	b.t.Helper()
	data, err := json.Marshal(b.spec)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.dir, "config.json"), data, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bundle) command(args ...string) *exec.Cmd {
	return exec.Command(b.runtime, append([]string{"--root", b.root, "--log", b.log, "--log-format", "json"}, args...)...)
}

// result is what a command that ended left.
type result struct {
	status         int
	stdout, stderr string
}

func (b *bundle) do(args ...string) result {
	b.t.Helper()
	return b.finish(b.command(args...))
}

// run runs the container to its end.
func (b *bundle) run(flags ...string) result {
	b.t.Helper()
	b.write()
	return b.do(append(append([]string{"run", "--bundle", b.dir}, flags...), b.id)...)
}

func (b *bundle) finish(cmd *exec.Cmd) result {
	b.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	timer := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	defer timer.Stop()
	err := cmd.Wait()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		b.t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// state asks the runtime for the container's status.
func (b *bundle) state() containerState {
	b.t.Helper()
	var s containerState
	if r := b.do("state", b.id); r.status != 0 {
		s.Status = "absent"
	} else if err := json.Unmarshal([]byte(r.stdout), &s); err != nil {
		b.t.Fatal(err)
	}
	return s
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %v for %s", patience, what)
		}
	}
}
