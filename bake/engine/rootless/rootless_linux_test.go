package rootless

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"bake/tests/fixture"

	"golang.org/x/sys/unix"
)

// envRole makes this test binary one of the programs under test.
const envRole = "ROOTLESS_TEST_ROLE"

// patience bounds everything a test waits for.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	switch role := os.Getenv(envRole); role {
	case "":
		os.Exit(m.Run())
	case "child":
		os.Exit(child())
	default:
		os.Exit(parent(role))
	}
}

// parent runs as the ordinary user.
func parent(role string) int {
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = append([]string{"bake"}, os.Args[1:]...)
	cmd.Env = append(os.Environ(), envRole+"=child")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	opt := Options{RuntimeDir: os.Getenv("TEST_RUNTIME_DIR")}
	var err error
	switch role {
	case "start":
		r, w, _ := os.Pipe()
		cmd.ExtraFiles = []*os.File{w}
		var note string
		if note, err = Start(cmd, opt); err == nil {
			w.Close()
			word, _ := io.ReadAll(r)
			fmt.Fprintf(os.Stderr, "note: %s\nready: %s\n", note, word)
			err = cmd.Wait()
		}
	case "run":
		err = Run(cmd, opt, func(note string) { fmt.Fprintln(os.Stderr, "note:", note) })
	case "remove":
		err = RemoveAll(os.Args[1])
	case "check":
		err = json.NewEncoder(os.Stdout).Encode(Check())
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return 99
	}
	return 0
}

// report is what the child found.
type report struct {
	Args       []string
	PID        int
	UID, GID   int
	Info       Info
	Inside     bool
	Needed     bool
	Proc       string // of /proc/1/comm
	RuntimeDir string
	User       string
	Chown      string // error of giving a file to another user
	Mount      string // error of mounting
	Overlay    string
	Setgroups  string
	Variable   bool // envStage is still set
}

func child() int {
	if len(os.Args) > 1 && os.Args[1] == "wait" {
		return childWaits()
	}
	if len(os.Args) > 1 && os.Args[1] == "nested" {
		return childChecks()
	}
	r := report{Args: os.Args, PID: os.Getpid(), UID: os.Getuid(), GID: os.Getgid(), Needed: Needed(),
		RuntimeDir: os.Getenv("XDG_RUNTIME_DIR"), User: os.Getenv("USER")}
	r.Info, r.Inside = Inside()
	_, r.Variable = os.LookupEnv(envStage)
	comm, _ := os.ReadFile("/proc/1/comm")
	r.Proc = strings.TrimSpace(string(comm))
	dir := os.Getenv("TEST_DIR")
	text := func(err error) string {
		if err == nil {
			return ""
		}
		return err.Error()
	}
	file := filepath.Join(dir, "owned", "file")
	os.MkdirAll(filepath.Dir(file), 0o700)
	os.WriteFile(file, nil, 0o600)
	r.Chown = text(errors.Join(os.Chown(file, 1000, 1000), os.Chown(filepath.Dir(file), 1000, 1000)))
	if data, err := os.ReadFile("/proc/self/setgroups"); err == nil {
		r.Setgroups = strings.TrimSpace(string(data))
	}
	for _, d := range []string{"mnt", "lower", "upper", "work", "merged"} {
		os.Mkdir(filepath.Join(dir, d), 0o755)
	}
	r.Mount = text(unix.Mount("tmpfs", filepath.Join(dir, "mnt"), "tmpfs", 0, ""))
	r.Overlay = text(unix.Mount("overlay", filepath.Join(dir, "merged"), "overlay", 0,
		fmt.Sprintf("userxattr,lowerdir=%[1]s/lower,upperdir=%[1]s/upper,workdir=%[1]s/work", dir)))
	if os.Getenv(envRole+"_READY") != "" {
		ready := os.NewFile(3, "ready")
		fmt.Fprint(ready, "yes")
		ready.Close()
	}
	json.NewEncoder(os.Stdout).Encode(r)
	return 5
}

// childChecks forbids further namespaces and says what is found then.
func childChecks() int {
	if err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 8
	}
	json.NewEncoder(os.Stdout).Encode(checkHost())
	fmt.Fprintln(os.Stderr, "probe:", probe())
	return 0
}

// childWaits shows which signals arrive.
func childWaits() int {
	got := make(chan os.Signal, 8)
	notify(got)
	fmt.Println("waiting")
	select {
	case s := <-got:
		fmt.Println("got", s)
		return 6
	case <-time.After(patience):
		return 7
	}
}

// world is an ordinary user with a directory and a program that is this test.
type world struct {
	t       *testing.T
	user    *user.User
	dir     string
	program string
}

// newWorld makes a user, with subordinate ids or without.
func newWorld(t *testing.T, ranges bool) *world {
	t.Helper()
	w := &world{t: t}
	if os.Geteuid() != 0 {
		if _, ok := checkSubordinate(); ok != ranges {
			t.Skipf("this user has subordinate ids: %v, this test is for the other case (root makes users for both)", ok)
		}
		w.user, _ = user.Current()
	} else {
		w.user = makeUser(t, ranges)
	}
	var err error
	if w.dir, err = os.MkdirTemp("", "rootless"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(w.dir) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	w.program = filepath.Join(w.dir, "program")
	for _, err := range []error{
		os.Chmod(w.dir, 0o755),
		os.WriteFile(w.program, data, 0o755),
		os.Mkdir(filepath.Join(w.dir, "home"), 0o700),
		os.Chown(filepath.Join(w.dir, "home"), w.uid(), w.gid()),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *world) uid() int { n, _ := strconv.Atoi(w.user.Uid); return n }
func (w *world) gid() int { n, _ := strconv.Atoi(w.user.Gid); return n }

// makeUser adds a user to the system for the time of the test.
func makeUser(t *testing.T, ranges bool) *user.User {
	t.Helper()
	add, del := fixture.Program(t, "useradd", "passwd"), fixture.Program(t, "userdel", "passwd")
	mod := fixture.Program(t, "usermod", "passwd")
	if ranges {
		fixture.Program(t, "newuidmap", "uidmap")
	}
	name := fmt.Sprintf("bake%d", os.Getpid())
	must := func(args ...string) {
		t.Helper()
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", args, err, out)
		}
	}
	must(add, "--no-create-home", "--shell", "/bin/sh", name)
	t.Cleanup(func() { must(del, name) })
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	have, _ := subordinate("/etc/subuid", name, uid)
	switch {
	case ranges && len(have) == 0:
		must(mod, "--add-subuids", "3000000-3065535", "--add-subgids", "3000000-3065535", name)
	case !ranges:
		for _, r := range have {
			span := fmt.Sprintf("%d-%d", r.outside, r.outside+r.count-1)
			must(mod, "--del-subuids", span, "--del-subgids", span, name)
		}
	}
	return u
}

// command runs role as the user.
func (w *world) command(role string, args ...string) *exec.Cmd {
	home := filepath.Join(w.dir, "home")
	cmd := exec.Command(w.program, args...)
	cmd.Dir = home
	cmd.Env = []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + home, "USER=root",
		envRole + "=" + role, "TEST_DIR=" + home, "TEST_RUNTIME_DIR=" + filepath.Join(home, "run"),
	}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(w.uid()), Gid: uint32(w.gid())}}
	}
	return cmd
}

func (w *world) output(cmd *exec.Cmd) (stdout, stderr string, status int) {
	w.t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	timer := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	defer timer.Stop()
	cmd.Wait()
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}
