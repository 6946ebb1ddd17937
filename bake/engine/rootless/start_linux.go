package rootless

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	goruntime "runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Needed reports whether this process must use a user namespace to mount and
// to run containers: it is not root, or a root without CAP_SYS_ADMIN.
func Needed() bool {
	return os.Geteuid() != 0 || !capable(unix.CAP_SYS_ADMIN)
}

// capable reports whether the process has a capability. It knows the first 32.
func capable(capability int) bool {
	var data [2]unix.CapUserData // the second holds the capabilities from 32 on
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	if err := unix.Capget(&header, &data[0]); err != nil {
		return false
	}
	return data[0].Effective&(1<<capability) != 0
}

// Start starts cmd, which must be this executable, in a user namespace where
// it is root. It returns once the child has all it needs and is about to enter
// main. The note, if any, is one line for the user about what the child must
// do without. Wait for cmd as usual.
func Start(cmd *exec.Cmd, opt Options) (note string, err error) {
	return start(cmd, stage{RuntimeDir: opt.RuntimeDir})
}

// Run is Start for the foreground: it passes every signal on to the child,
// waits for it, and returns as [exec.Cmd.Wait] does. If this process dies, so
// does the child, by cmd.SysProcAttr.Pdeathsig or else SIGKILL. A note goes to
// tell.
func Run(cmd *exec.Cmd, opt Options, tell func(note string)) error {
	// The death signal is sent when the thread that started the child ends.
	goruntime.LockOSThread()
	defer goruntime.UnlockOSThread()
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	defer func() {
		signal.Stop(signals)
		close(signals)
	}()
	attr(cmd).Setpgid = !attr(cmd).Setsid // else a terminal's Ctrl-C would arrive twice
	death := attr(cmd).Pdeathsig
	if death == 0 {
		death = syscall.SIGKILL
	}
	note, err := start(cmd, stage{RuntimeDir: opt.RuntimeDir, DeathSignal: death})
	if err != nil {
		return err
	}
	if note != "" {
		tell(note)
	}
	go func() {
		for s := range signals {
			if s != unix.SIGCHLD && s != unix.SIGURG {
				cmd.Process.Signal(s) // an error says that it has ended, as Wait does
			}
		}
	}()
	return cmd.Wait()
}

func attr(cmd *exec.Cmd) *syscall.SysProcAttr {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	return cmd.SysProcAttr
}

// start starts the child and does for it what it cannot do for itself.
func start(cmd *exec.Cmd, s stage) (note string, err error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return "", err
	}
	defer ours.Close()
	defer theirs.Close()
	plan := makePlan()
	s.FD = 3 + len(cmd.ExtraFiles)
	s.Info = Info{UID: os.Geteuid(), GID: os.Getegid(), Ranges: plan.ranges()}
	value, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	files, env := cmd.ExtraFiles, cmd.Env
	defer func() { cmd.ExtraFiles, cmd.Env = files, env }()
	cmd.ExtraFiles = append(files[:len(files):len(files)], theirs)
	cmd.Env = append(cmd.Environ(), envStage+"="+string(value))
	a := attr(cmd)
	a.Cloneflags |= unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID
	a.AmbientCaps = allCapabilities()
	a.Pdeathsig = 0 // the child sets it: credentials change after Go would
	if err := cmd.Start(); err != nil {
		return "", explainClone(err)
	}
	theirs.Close()
	note, err = settle(cmd.Process.Pid, plan, ours)
	if err != nil {
		cmd.Process.Kill()
		cmd.Wait()
		return "", err
	}
	return note, nil
}

// settle gives the waiting child its ids, lets it go on, and hears how it went.
func settle(pid int, plan plan, conn io.ReadWriter) (note string, err error) {
	note, err = plan.apply(pid)
	if err != nil {
		return "", err
	}
	ranges := plan.ranges() && note == ""
	if _, err := fmt.Fprintln(conn, strconv.FormatBool(ranges)); err != nil {
		return "", fmt.Errorf("cannot tell the process in the user namespace to go on: %w", err)
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return "", errors.New("the process in the user namespace ended before it began")
	}
	if answer = strings.TrimSpace(answer); answer == answerOK {
		return note, nil
	}
	var p Problem
	if err := json.Unmarshal([]byte(answer), &p); err != nil {
		return "", fmt.Errorf("the process in the user namespace answers %q", answer)
	}
	return "", p
}

func socketPair() (a, b *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	return os.NewFile(uintptr(fds[0]), "to the child"), os.NewFile(uintptr(fds[1]), "to the parent"), nil
}

// allCapabilities is every capability this kernel knows.
func allCapabilities() []uintptr {
	last := unix.CAP_LAST_CAP
	if data, err := os.ReadFile("/proc/sys/kernel/cap_last_cap"); err == nil {
		if n, err := strconv.Atoi(strings.TrimSpace(string(data))); err == nil {
			last = n
		}
	}
	var all []uintptr
	for c := range last + 1 {
		all = append(all, uintptr(c))
	}
	return all
}

// explainClone says why no user namespace could be made. What is known to
// forbid it says it best; else the error itself does.
func explainClone(err error) error {
	for _, p := range checkHost() {
		if p.Fatal {
			return p
		}
	}
	switch {
	case !errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("cannot make a user namespace: %w", err)
	case restricted(appArmorSwitch):
		return appArmorProblem()
	}
	return Problem{
		What:  "a user namespace is refused, most likely by the container this runs in (" + err.Error() + ")",
		Fix:   "run it with seccomp=unconfined and apparmor=unconfined, or as root with CAP_SYS_ADMIN",
		Fatal: true,
	}
}

// RemoveAll removes a directory with everything in it, as root of a user
// namespace where this process needs one: there, a build leaves files of ids
// that only exist inside.
func RemoveAll(dir string) error {
	if !Needed() {
		return os.RemoveAll(dir)
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Stderr = os.Stderr
	if _, err := start(cmd, stage{Remove: dir}); err != nil {
		return err
	}
	return cmd.Wait()
}
