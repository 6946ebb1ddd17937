//go:build cgo

package runtime

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/opencontainers/runc/libcontainer"
	"github.com/opencontainers/runc/libcontainer/utils"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// execFlags are the flags of "exec".
type execFlags struct {
	io      ioFlags
	process string // file of a whole process; without it, what follows changes the container's own
	cwd     string
	user    string
	env     []string
	tty     bool
}

func defineExec(fs *flag.FlagSet, g *globals) action {
	var f execFlags
	f.io.define(fs)
	f.io.defineDetach(fs)
	fs.StringVar(&f.process, "process", "", "file of the process as JSON, instead of a command")
	fs.StringVar(&f.process, "p", "", "short for --process")
	fs.StringVar(&f.cwd, "cwd", "", "working directory")
	fs.StringVar(&f.user, "user", "", "UID or UID:GID")
	fs.StringVar(&f.user, "u", "", "short for --user")
	fs.BoolVar(&f.tty, "tty", false, "give the process a terminal")
	fs.BoolVar(&f.tty, "t", false, "short for --tty")
	addEnv := func(v string) error {
		f.env = append(f.env, v)
		return nil
	}
	fs.Func("env", "variable NAME=VALUE to add, may be repeated", addEnv)
	fs.Func("e", "short for --env", addEnv)
	return func(args []string) (int, error) { return f.run(g, args[0], args[1:]) }
}

func (f *execFlags) run(g *globals, id string, args []string) (status int, err error) {
	c, err := libcontainer.Load(g.root, id)
	if err != nil {
		return 0, err
	}
	switch s, err := c.Status(); {
	case err != nil:
		return 0, err
	case s == libcontainer.Stopped || s == libcontainer.Paused:
		return 0, fmt.Errorf("container %s is %s", id, s)
	}
	if f.io.pidFile != "" {
		// Before the working directory becomes the bundle's.
		if f.io.pidFile, err = filepath.Abs(f.io.pidFile); err != nil {
			return 0, err
		}
	}
	spec, err := f.spec(c, args)
	if err != nil {
		return 0, err
	}
	p := &supervised{ioFlags: f.io, container: c, launch: (*libcontainer.Container).Run}
	return p.run(spec)
}

// spec returns the process to run.
func (f *execFlags) spec(c *libcontainer.Container, args []string) (*specs.Process, error) {
	if f.process != "" {
		data, err := os.ReadFile(f.process)
		if err != nil {
			return nil, err
		}
		var p specs.Process
		if err := json.Unmarshal(data, &p); err != nil {
			return nil, fmt.Errorf("%s: %w", f.process, err)
		}
		return &p, checkProcess(&p)
	}
	if len(args) == 0 {
		return nil, errors.New("no command is given, and no --process")
	}
	bundle, ok := utils.SearchLabels(c.Config().Labels, "bundle")
	if !ok {
		return nil, errors.New("the container's state does not tell its bundle")
	}
	spec, err := loadBundle(bundle)
	if err != nil {
		return nil, err
	}
	p := spec.Process
	p.Args, p.Terminal, p.Env = args, f.tty, append(p.Env, f.env...)
	if f.cwd != "" {
		p.Cwd = f.cwd
	}
	if err := setUser(&p.User, f.user); err != nil {
		return nil, err
	}
	return p, checkProcess(p)
}

// setUser takes UID or UID:GID; an empty text changes nothing.
func setUser(u *specs.User, text string) error {
	if text == "" {
		return nil
	}
	uid, gid, both := strings.Cut(text, ":")
	n, err := strconv.ParseUint(uid, 10, 32)
	if err != nil {
		return fmt.Errorf("--user %s: the user is a number: %w", text, err)
	}
	u.UID = uint32(n)
	if !both {
		return nil
	}
	if n, err = strconv.ParseUint(gid, 10, 32); err != nil {
		return fmt.Errorf("--user %s: the group is a number: %w", text, err)
	}
	u.GID = uint32(n)
	return nil
}
