//go:build cgo

package runtime

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/containerd/console"
	"github.com/containerd/go-runc"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// TestTerminal runs a process with a terminal inside another terminal, as an
// engine does for a debug shell.
func TestTerminal(t *testing.T) {
	b := newBundle(t, "tty")
	b.spec.Process.Terminal = true
	b.write()
	master, slave := openPty(t)
	if err := master.Resize(console.WinSize{Height: 33, Width: 77}); err != nil {
		t.Fatal(err)
	}
	cmd := b.command("run", "--bundle", b.dir, b.id)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	defer time.AfterFunc(patience, func() { cmd.Process.Kill() }).Stop()
	checkTerminal(t, master, master, "size 33 77")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func TestTerminalOfExec(t *testing.T) {
	b := newBundle(t, "sleep")
	b.write()
	if _, err := b.client().Run(bounded(t), b.id, b.dir, &runc.CreateOpts{Detach: true, IO: devNull(t)}); err != nil {
		t.Fatal(err)
	}
	master, slave := openPty(t)
	cmd := b.command("exec", "--tty", b.id, "/payload", "tty")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	defer time.AfterFunc(patience, func() { cmd.Process.Kill() }).Stop()
	checkTerminal(t, master, master, "size 0 0")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// TestConsoleSocket hands the terminal of a detached process over.
func TestConsoleSocket(t *testing.T) {
	b := newBundle(t, "tty")
	b.spec.Process.Terminal = true
	b.spec.Process.ConsoleSize = &specs.Box{Height: 11, Width: 22}
	b.write()
	// A unix socket's path is short, a test's directory is not.
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: path})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	l.SetDeadline(time.Now().Add(patience))
	if r := b.do("run", "--detach", "--bundle", b.dir, b.id); r.status != 1 || !strings.Contains(r.stderr, "--console-socket") {
		t.Errorf("without the socket: %+v", r)
	}
	if r := b.do("run", "--detach", "--console-socket", path, "--bundle", b.dir, b.id); r.status != 0 {
		t.Fatalf("got %+v", r)
	}
	conn, err := l.AcceptUnix()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	socket, err := conn.File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	master, err := receiveFile(socket)
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	checkTerminal(t, master, master, "size 11 22")
}

type readWriter interface {
	Read([]byte) (int, error)
	Write([]byte) (int, error)
}

// checkTerminal talks to the payload through the master of its terminal.
func checkTerminal(t *testing.T, r, w readWriter, size string) {
	t.Helper()
	lines := bufio.NewScanner(r)
	seen := func(want string) {
		t.Helper()
		for lines.Scan() {
			if line := strings.TrimRight(lines.Text(), "\r"); line == want {
				return
			} else {
				t.Logf("it says %q", line)
			}
		}
		t.Fatalf("the terminal ended before %q", want)
	}
	seen(size)
	fmt.Fprint(w, "typed\r")
	seen(`read "typed\n"`)
}

func openPty(t *testing.T) (console.Console, *os.File) {
	t.Helper()
	master, name, err := console.NewPty()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	slave, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	return master, slave
}
