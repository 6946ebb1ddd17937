//go:build cgo

package runtime

import (
	"os"
	"os/signal"

	"github.com/opencontainers/runc/libcontainer"
	"github.com/opencontainers/runc/libcontainer/utils"
	"github.com/sirupsen/logrus"
	"golang.org/x/sys/unix"
)

// watchSignals begins to collect signals, before there is a process whose end
// could be missed. The function it returns waits for the process, passes
// signals on to it, reaps orphans, and returns its exit status: 128 plus the
// signal that killed it.
func watchSignals(subreaper bool) func(*libcontainer.Process, connection) (int, error) {
	if subreaper {
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			logrus.Warnf("orphans of the container will not be reaped: %v", err)
		}
	}
	signals := make(chan os.Signal, 1024)
	signal.Notify(signals, unix.SIGCHLD)
	// Catching all 65 takes a millisecond, so it is done while the container starts.
	all := make(chan struct{})
	go func() {
		signal.Notify(signals)
		close(all)
	}()
	return func(p *libcontainer.Process, conn connection) (int, error) {
		<-all
		pid, err := p.Pid()
		if err != nil {
			return 0, err
		}
		for {
			switch sig := <-signals; sig {
			case unix.SIGCHLD:
				if status, ended := reap(pid); ended {
					p.Wait() // an error now: it is reaped. But it frees what Process holds.
					return status, nil
				}
			case unix.SIGWINCH:
				conn.resize()
			case unix.SIGURG: // Go's runtime sends it to itself
			default:
				if err := p.Signal(sig); err != nil {
					logrus.Warnf("passing signal %v on to the container: %v", sig, err)
				}
			}
		}
	}
}

// reap collects all children that ended and reports whether one was pid, with
// its exit status.
func reap(pid int) (status int, ended bool) {
	for {
		var ws unix.WaitStatus
		got, err := unix.Wait4(-1, &ws, unix.WNOHANG, nil)
		switch {
		case err == unix.EINTR:
		case err != nil || got <= 0:
			return status, ended
		case got == pid:
			status, ended = utils.ExitStatus(ws), true
		}
	}
}
