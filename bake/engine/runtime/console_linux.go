//go:build cgo

package runtime

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/containerd/console"
	"github.com/opencontainers/runc/libcontainer"
	"golang.org/x/sys/unix"
)

// handed is a terminal whose master the caller gets over a socket.
type handed struct{ socket *os.File }

func handConsole(p *libcontainer.Process, path string) (connection, error) {
	socket, err := dialSocket(path)
	if err != nil {
		return nil, err
	}
	p.ConsoleSocket = socket
	return &handed{socket}, nil
}

func (h *handed) started() error { return h.socket.Close() }
func (h *handed) resize()        {}
func (h *handed) close()         { h.socket.Close() }

// terminal joins the process's terminal, made inside the container, with the
// one this process runs in.
type terminal struct {
	host          console.Console
	parent, child *os.File // the socket over which the master arrives
	epoller       *console.Epoller
	master        *console.EpollConsole
	output        sync.WaitGroup
}

func openConsole(p *libcontainer.Process) (connection, error) {
	host, err := hostConsole()
	if err != nil {
		return nil, err
	}
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	t := &terminal{
		host:   host,
		parent: os.NewFile(uintptr(fds[0]), "console"),
		child:  os.NewFile(uintptr(fds[1]), "console of the process"),
	}
	p.ConsoleSocket = t.child
	return t, nil
}

// hostConsole finds the terminal among the standard streams, any of which may
// be redirected.
func hostConsole() (console.Console, error) {
	for _, f := range []*os.File{os.Stderr, os.Stdout, os.Stdin} {
		c, err := console.ConsoleFromFile(f)
		if err == nil {
			return c, nil
		}
		if !errors.Is(err, console.ErrNotAConsole) {
			return nil, err
		}
	}
	f, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("the process wants a terminal, but there is none here: %w", err)
	}
	return console.ConsoleFromFile(f)
}

func (t *terminal) started() error {
	t.child.Close() // so that a process that died ends the wait below
	f, err := receiveFile(t.parent)
	t.parent.Close()
	if err != nil {
		return fmt.Errorf("the container sent no terminal: %w", err)
	}
	c, err := console.ConsoleFromFile(f)
	if err != nil {
		return err
	}
	// The host's terminal adds the carriage returns.
	if err := console.ClearONLCR(c.Fd()); err != nil {
		return err
	}
	if t.epoller, err = console.NewEpoller(); err != nil {
		return err
	}
	if t.master, err = t.epoller.Add(c); err != nil {
		return err
	}
	go t.epoller.Wait()
	go io.Copy(t.master, os.Stdin)
	t.output.Go(func() { io.Copy(os.Stdout, t.master) })
	if err := t.host.SetRaw(); err != nil {
		return fmt.Errorf("setting the terminal raw: %w", err)
	}
	t.resize()
	return nil
}

// resize ignores errors: the host's terminal may be gone, and the process is
// told so by other means.
func (t *terminal) resize() {
	if t.master != nil {
		t.master.ResizeFrom(t.host)
	}
}

func (t *terminal) close() {
	t.child.Close()
	t.parent.Close()
	if t.master != nil {
		t.master.Shutdown(t.epoller.CloseConsole)
		t.output.Wait()
		t.master.Close()
	}
	t.host.Reset()
}

// receiveFile takes the one file descriptor that the other end sends.
func receiveFile(socket *os.File) (*os.File, error) {
	name := make([]byte, 4096)
	rights := make([]byte, unix.CmsgSpace(4))
	n, oobn, _, _, err := unix.Recvmsg(int(socket.Fd()), name, rights, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("recvmsg", err)
	}
	if oobn == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	messages, err := unix.ParseSocketControlMessage(rights[:oobn])
	if err != nil {
		return nil, err
	}
	for i := range messages {
		fds, err := unix.ParseUnixRights(&messages[i])
		if err == nil && len(fds) == 1 {
			return os.NewFile(uintptr(fds[0]), string(name[:n])), nil
		}
	}
	return nil, errors.New("no file descriptor in the message")
}
