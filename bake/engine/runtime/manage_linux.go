//go:build cgo

package runtime

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/opencontainers/runc/libcontainer"
	"golang.org/x/sys/unix"
)

func defineKill(fs *flag.FlagSet, g *globals) action {
	var all bool
	fs.BoolVar(&all, "all", false, "no error if the container is stopped")
	fs.BoolVar(&all, "a", false, "short for --all")
	return func(args []string) (int, error) {
		name := "TERM"
		if len(args) == 2 {
			name = args[1]
		}
		sig, err := parseSignal(name)
		if err != nil {
			return 0, err
		}
		c, err := libcontainer.Load(g.root, args[0])
		if err != nil {
			return 0, err
		}
		err = c.Signal(sig)
		if all && errors.Is(err, libcontainer.ErrNotRunning) {
			err = nil
		}
		return 0, err
	}
}

// parseSignal takes a number or a name, with or without SIG, in any case.
func parseSignal(s string) (unix.Signal, error) {
	if n, err := strconv.Atoi(s); err == nil && n >= 0 {
		return unix.Signal(n), nil
	}
	name := strings.ToUpper(s)
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	if sig := unix.SignalNum(name); sig != 0 {
		return sig, nil
	}
	return 0, fmt.Errorf("no signal is called %q", s)
}

func defineDelete(fs *flag.FlagSet, g *globals) action {
	var force bool
	fs.BoolVar(&force, "force", false, "kill the container first, and no error if it does not exist")
	fs.BoolVar(&force, "f", false, "short for --force")
	return func(args []string) (int, error) {
		return 0, remove(g.root, args[0], force)
	}
}

func remove(root, id string, force bool) error {
	c, err := libcontainer.Load(root, id)
	if errors.Is(err, libcontainer.ErrNotExist) {
		// A start that was cut off leaves the directory without a state in it.
		if rerr := os.RemoveAll(filepath.Join(root, id)); rerr != nil {
			return rerr
		}
		if force {
			return nil
		}
	}
	if err != nil {
		return err
	}
	status, err := c.Status()
	switch {
	case err != nil:
		return err
	case force || status == libcontainer.Created:
		return killAndDestroy(c)
	case status == libcontainer.Stopped:
		return c.Destroy()
	}
	return fmt.Errorf("container %s is %s: stop it first, or use --force", id, status)
}

// killAndDestroy kills even what seems stopped: without a PID namespace of its
// own a container can leave processes behind.
func killAndDestroy(c *libcontainer.Container) error {
	c.Signal(unix.SIGKILL) // the error is that it is not running, which is fine
	for wait := time.Millisecond; wait < 5*time.Second; wait *= 2 {
		if err := c.Signal(unix.Signal(0)); err != nil {
			return c.Destroy()
		}
		time.Sleep(wait)
	}
	return errors.New("its first process did not end for seconds after being killed")
}
