package rootless

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// envStage tells a process that it was started by this package, and how.
const envStage = "_BAKE_ROOTLESS"

// answerOK is what a child answers that succeeded; else it is a [Problem] as JSON.
const answerOK = "ok"

// stage is what a child is told at its start.
type stage struct {
	Info
	FD          int            `json:"fd"`                    // socket to the parent
	RuntimeDir  string         `json:"runtime_dir,omitempty"` // see Options
	DeathSignal syscall.Signal `json:"death_signal,omitempty"`
	Remove      string         `json:"remove,omitempty"` // a directory to remove, instead of running main
	Probe       bool           `json:"probe,omitempty"`  // end instead of running main
}

// inside is set in a process that entered the namespace.
var inside *Info

// Inside describes the namespace this process was started in by [Start] or
// [Run]; false if it was not.
func Inside() (Info, bool) {
	if inside == nil {
		return Info{}, false
	}
	return *inside, true
}

// A child finishes its namespace before anything else runs in it.
func init() {
	value, ok := os.LookupEnv(envStage)
	if !ok {
		return
	}
	os.Unsetenv(envStage) // it is not for the child's own children
	if err := enter(value); err != nil {
		fmt.Fprintln(os.Stderr, "rootless:", err)
		os.Exit(1)
	}
}

// enter waits for the ids, makes the namespace usable, and tells the parent.
func enter(value string) error {
	var s stage
	if err := json.Unmarshal([]byte(value), &s); err != nil {
		return fmt.Errorf("bad value of $%s: %w", envStage, err)
	}
	unix.CloseOnExec(s.FD)
	conn := os.NewFile(uintptr(s.FD), "to the parent")
	defer conn.Close()
	if s.DeathSignal != 0 {
		// Before hearing from the parent: so it is alive now, or that fails.
		if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(s.DeathSignal), 0, 0, 0); err != nil {
			return os.NewSyscallError("prctl", err)
		}
	}
	word, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return errors.New("the parent is gone")
	}
	s.Ranges = strings.TrimSpace(word) == "true"
	if err := s.prepare(); err != nil {
		return answer(conn, err)
	}
	if _, err := fmt.Fprintln(conn, answerOK); err != nil {
		return err
	}
	s.instead()
	inside = &s.Info
	return nil
}

// answer tells the parent what went wrong, and ends the process: the parent is
// the one to tell it on.
func answer(conn *os.File, err error) error {
	var p Problem
	if !errors.As(err, &p) {
		p = Problem{What: "a user namespace cannot be set up", Fix: err.Error(), Fatal: true}
	}
	if err := json.NewEncoder(conn).Encode(p); err != nil {
		return err
	}
	os.Exit(1)
	return nil
}

// instead does what a child does that is not meant to reach main.
func (s *stage) instead() {
	switch {
	case s.Probe:
		os.Exit(0)
	case s.Remove != "":
		if err := os.RemoveAll(s.Remove); err != nil {
			fmt.Fprintln(os.Stderr, "rootless:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// prepare sets mounts and environment up.
func (s *stage) prepare() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("user %d is not root in its user namespace", s.UID)
	}
	if s.Remove != "" {
		return nil
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return explainMount("detach the mounts of the user namespace from the system's", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return explainProc(err)
	}
	if s.RuntimeDir != "" {
		if err := os.MkdirAll(s.RuntimeDir, 0o700); err != nil {
			return fmt.Errorf("making the directory for run-time state: %w", err)
		}
		if err := unix.Mount("tmpfs", s.RuntimeDir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0700"); err != nil {
			return explainMount("mount a tmpfs for run-time state", err)
		}
		os.Setenv("XDG_RUNTIME_DIR", s.RuntimeDir)
	}
	// An OCI runtime that finds USER=root in a user namespace uses /run, which
	// is not writable here.
	if user := os.Getenv("USER"); user == "" || user == "root" {
		os.Setenv("USER", "user"+strconv.Itoa(s.UID))
	}
	return nil
}

// explainMount: mounting is forbidden in a user namespace that the process was
// allowed to make. That is what AppArmor does.
func explainMount(what string, err error) error {
	if restricted(appArmorSwitch) {
		return appArmorProblem()
	}
	return Problem{
		What:  "cannot " + what + " (" + err.Error() + ")",
		Fix:   "a security module such as AppArmor or SELinux restricts user namespaces of this program: allow them to it",
		Fatal: true,
	}
}

func explainProc(err error) error {
	if errors.Is(err, unix.EPERM) && maskedProc() {
		return maskedProblem()
	}
	return explainMount("mount /proc in the user namespace", err)
}
