// Package e2e drives the real program as its user does, on the engine that it
// carries: what it builds, that it is what docker buildx bake builds, and what
// happens when things break. The scripts are in testdata; what needs signals,
// terminals, small disks or other users is in Go.
//
// The program is compiled once per run, with the flags of the tests. Name one
// in $BAKE_TEST_PROGRAM to test that instead.
package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"bake/tests/fixture"
)

// program is the path of the bake under test.
var program string

// suite is a directory that lasts as long as the tests of this package.
var suite string

// sharedEngine is the state directory of the engine that all tests use which
// do not break theirs.
var sharedEngine string

func TestMain(m *testing.M) {
	fixture.RuncMain()
	dir, err := os.MkdirTemp("", "bake-e2e-")
	if err == nil {
		err = os.Chmod(dir, 0o711) // other users run the program too
	}
	if err == nil {
		err = prepare(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
	code := m.Run()
	if err := cleanUp(dir); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func prepare(dir string) error {
	suite = dir
	sharedEngine = filepath.Join(dir, "engine")
	if program = os.Getenv("BAKE_TEST_PROGRAM"); program != "" {
		return nil
	}
	program = filepath.Join(dir, "bake")
	return compile(program)
}

// compile builds bake the way "make test" was told to: static and with seccomp
// where GOFLAGS has that tag.
func compile(path string) error {
	flags := "-s -w"
	if strings.Contains(os.Getenv("GOFLAGS"), "seccomp") {
		flags += " -linkmode external -extldflags -static"
	}
	cmd := exec.Command("go", "build", "-ldflags", flags, "-o", path, "bake/cmd/bake")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return nil
}

// cleanUp stops the shared engine, looks for what should be gone, and removes
// the rest.
func cleanUp(dir string) error {
	for _, s := range dockers {
		if s.Docker == nil {
			continue
		}
		if err := s.Docker.Stop(); err != nil {
			return fmt.Errorf("stop the Docker engine %s: %w", s.name, err)
		}
	}
	if err := stopEngine(sharedEngine, nil); err != nil {
		return err
	}
	if left := leftovers(dir); left != "" {
		return fmt.Errorf("left behind after the tests:\n%s", left)
	}
	return os.RemoveAll(dir)
}

// stopEngine stops the engine of a state directory, if there is one. Its owner
// does it, nil is the user of the tests.
func stopEngine(dir string, owner *syscall.Credential) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "engine", "stop", "--dir", dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("stop the engine in %s: %w\n%s", dir, err, out)
	}
	return nil
}

// leftovers lists processes that have to do with a directory, and mounts below
// it. It is empty when all is well.
func leftovers(dir string) string {
	var found []string
	for _, p := range processes() {
		if strings.Contains(p.command, dir+"/") || strings.HasPrefix(p.dir+"/", dir+"/") {
			found = append(found, fmt.Sprintf("process %d: %s", p.pid, p.command))
		}
	}
	if mounts := leftoverMounts(dir); mounts != "" {
		found = append(found, mounts)
	}
	return strings.Join(found, "\n")
}

// leftoverMounts lists the mounts below dir.
func leftoverMounts(dir string) string {
	data, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return err.Error()
	}
	var found []string
	for line := range strings.Lines(string(data)) {
		if strings.Contains(line, dir+"/") {
			found = append(found, "mount "+line)
		}
	}
	return strings.Join(found, "")
}

// process is a running process, as /proc shows it.
type process struct {
	pid          int
	command, dir string // its arguments and its working directory
}

// processes are all processes of this machine but this one.
func processes() []process {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var found []process
	for _, entry := range entries {
		var pid int
		if _, err := fmt.Sscanf(entry.Name(), "%d", &pid); err != nil || pid == os.Getpid() {
			continue
		}
		dir := filepath.Join("/proc", entry.Name())
		command, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err != nil || len(command) == 0 {
			continue
		}
		where, _ := os.Readlink(filepath.Join(dir, "cwd"))
		words := strings.ReplaceAll(strings.TrimRight(string(command), "\x00"), "\x00", " ")
		found = append(found, process{pid: pid, command: words, dir: where})
	}
	return found
}

// running reports whether a process exists that has text in its command line.
func running(text string) bool {
	for _, p := range processes() {
		if strings.Contains(p.command, text) {
			return true
		}
	}
	return false
}
