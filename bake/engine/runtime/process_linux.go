//go:build cgo

package runtime

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/opencontainers/runc/libcontainer"
	"github.com/opencontainers/runc/libcontainer/configs"
	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/sirupsen/logrus"
	"golang.org/x/sys/unix"
)

// A launcher begins a process in a container: Start stops it right before its
// program, Run does not.
type launcher func(*libcontainer.Container, *libcontainer.Process) error

// supervised is a process of a container together with what its caller wants
// of it.
type supervised struct {
	ioFlags
	container *libcontainer.Container
	launch    launcher
	init      bool // the container's first process
	subreaper bool
}

// run starts the process and, unless it is detached, waits for it and returns
// its exit status.
func (s *supervised) run(spec *specs.Process) (int, error) {
	if err := s.checkTerminal(spec.Terminal); err != nil {
		return 0, err
	}
	p, err := newProcess(spec)
	if err != nil {
		return 0, err
	}
	p.Init = s.init
	p.LogLevel = strconv.Itoa(int(logrus.GetLevel()))
	if p.ExtraFiles, err = preserved(s.preserveFDs); err != nil {
		return 0, err
	}
	wait := watchSignals(s.subreaper)
	conn, err := s.connect(p, spec.Terminal)
	if err != nil {
		return 0, err
	}
	defer conn.close()
	if s.pidfdSocket != "" {
		if p.PidfdSocket, err = dialSocket(s.pidfdSocket); err != nil {
			return 0, err
		}
		defer p.PidfdSocket.Close()
	}
	if err := s.launch(s.container, p); err != nil {
		return 0, err
	}
	if err := s.settle(p, conn); err != nil {
		p.Signal(unix.SIGKILL)
		p.Wait()
		return 0, err
	}
	if s.detach {
		return 0, nil
	}
	return wait(p, conn)
}

// settle does what is left once the process exists.
func (s *supervised) settle(p *libcontainer.Process, conn connection) error {
	if err := conn.started(); err != nil {
		return err
	}
	if s.pidFile == "" {
		return nil
	}
	pid, err := p.Pid()
	if err != nil {
		return err
	}
	return writePidFile(s.pidFile, pid)
}

func (s *supervised) checkTerminal(terminal bool) error {
	switch handed := s.detach && terminal; {
	case handed && s.consoleSocket == "":
		return errors.New("a detached process with a terminal needs --console-socket, else nobody holds the terminal")
	case !handed && s.consoleSocket != "":
		return errors.New("--console-socket is only for a detached process with a terminal")
	}
	return nil
}

// writePidFile makes the file appear with its content, since callers poll it.
func writePidFile(path string, pid int) error {
	tmp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path))
	if err := os.WriteFile(tmp, []byte(strconv.Itoa(pid)), 0o666); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// preserved returns the n file descriptors after stderr.
func preserved(n int) ([]*os.File, error) {
	var files []*os.File
	for fd := 3; fd < 3+n; fd++ {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil {
			return nil, fmt.Errorf("--preserve-fds %d: descriptor %d is not open", n, fd)
		}
		files = append(files, os.NewFile(uintptr(fd), "preserved "+strconv.Itoa(fd)))
	}
	return files, nil
}

// dialSocket connects to a unix socket and returns the connection as a file,
// to be inherited.
func dialSocket(path string) (*os.File, error) {
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Net: "unix", Name: path})
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.File()
}

// newProcess translates the process of a spec.
func newProcess(p *specs.Process) (*libcontainer.Process, error) {
	affinity, err := configs.ConvertCPUAffinity(p.ExecCPUAffinity)
	if err != nil {
		return nil, err
	}
	out := &libcontainer.Process{
		Args:            p.Args,
		Env:             p.Env,
		UID:             int(p.User.UID),
		GID:             int(p.User.GID),
		Cwd:             p.Cwd,
		Label:           p.SelinuxLabel,
		NoNewPrivileges: &p.NoNewPrivileges,
		AppArmorProfile: p.ApparmorProfile,
		Scheduler:       p.Scheduler,
		IOPriority:      p.IOPriority,
		CPUAffinity:     affinity,
	}
	for _, gid := range p.User.AdditionalGids {
		out.AdditionalGroups = append(out.AdditionalGroups, int(gid))
	}
	if p.ConsoleSize != nil {
		out.ConsoleWidth, out.ConsoleHeight = uint16(p.ConsoleSize.Width), uint16(p.ConsoleSize.Height)
	}
	if c := p.Capabilities; c != nil {
		out.Capabilities = &configs.Capabilities{
			Bounding:    c.Bounding,
			Effective:   c.Effective,
			Inheritable: c.Inheritable,
			Permitted:   c.Permitted,
			Ambient:     c.Ambient,
		}
	}
	for _, r := range p.Rlimits {
		kind, ok := rlimits[r.Type]
		if !ok {
			return nil, fmt.Errorf("unknown resource limit %q", r.Type)
		}
		out.Rlimits = append(out.Rlimits, configs.Rlimit{Type: kind, Hard: r.Hard, Soft: r.Soft})
	}
	return out, nil
}

// rlimits are the resource limits by the names of the specification.
var rlimits = map[string]int{
	"RLIMIT_AS":         unix.RLIMIT_AS,
	"RLIMIT_CORE":       unix.RLIMIT_CORE,
	"RLIMIT_CPU":        unix.RLIMIT_CPU,
	"RLIMIT_DATA":       unix.RLIMIT_DATA,
	"RLIMIT_FSIZE":      unix.RLIMIT_FSIZE,
	"RLIMIT_LOCKS":      unix.RLIMIT_LOCKS,
	"RLIMIT_MEMLOCK":    unix.RLIMIT_MEMLOCK,
	"RLIMIT_MSGQUEUE":   unix.RLIMIT_MSGQUEUE,
	"RLIMIT_NICE":       unix.RLIMIT_NICE,
	"RLIMIT_NOFILE":     unix.RLIMIT_NOFILE,
	"RLIMIT_NPROC":      unix.RLIMIT_NPROC,
	"RLIMIT_RSS":        unix.RLIMIT_RSS,
	"RLIMIT_RTPRIO":     unix.RLIMIT_RTPRIO,
	"RLIMIT_RTTIME":     unix.RLIMIT_RTTIME,
	"RLIMIT_SIGPENDING": unix.RLIMIT_SIGPENDING,
	"RLIMIT_STACK":      unix.RLIMIT_STACK,
}
