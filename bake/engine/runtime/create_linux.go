//go:build cgo

package runtime

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/opencontainers/runc/libcontainer"
	"github.com/opencontainers/runc/libcontainer/specconv"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// createFlags are the flags that "create" and "run" share.
type createFlags struct {
	bundle       string
	noPivot      bool
	noNewKeyring bool
	noSubreaper  bool
	keep         bool
	io           ioFlags
}

// ioFlags say how a process is connected to the caller; "exec" has them too.
type ioFlags struct {
	pidFile       string
	consoleSocket string
	pidfdSocket   string
	preserveFDs   int
	detach        bool
}

func (f *ioFlags) define(fs *flag.FlagSet) {
	fs.StringVar(&f.pidFile, "pid-file", "", "file to write the process id to")
	fs.StringVar(&f.consoleSocket, "console-socket", "", "unix socket that is sent the terminal's master (with --detach)")
	fs.StringVar(&f.pidfdSocket, "pidfd-socket", "", "unix socket that is sent a pidfd of the process")
	fs.IntVar(&f.preserveFDs, "preserve-fds", 0, "number of file descriptors after stderr to hand to the process")
}

func (f *ioFlags) defineDetach(fs *flag.FlagSet) {
	fs.BoolVar(&f.detach, "detach", false, "do not wait for the process")
	fs.BoolVar(&f.detach, "d", false, "short for --detach")
}

func (f *createFlags) define(fs *flag.FlagSet) {
	fs.StringVar(&f.bundle, "bundle", "", "directory of config.json (default the working directory)")
	fs.StringVar(&f.bundle, "b", "", "short for --bundle")
	fs.BoolVar(&f.noPivot, "no-pivot", false, "move the root mount instead of pivot_root, for a root on an initial ramdisk")
	fs.BoolVar(&f.noNewKeyring, "no-new-keyring", false, "keep the caller's session keyring")
	f.io.define(fs)
}

func defineCreate(fs *flag.FlagSet, g *globals) action {
	var f createFlags
	f.define(fs)
	return func(args []string) (int, error) {
		f.io.detach = true
		return f.start(g, args[0], (*libcontainer.Container).Start)
	}
}

func defineRun(fs *flag.FlagSet, g *globals) action {
	var f createFlags
	f.define(fs)
	f.io.defineDetach(fs)
	fs.BoolVar(&f.keep, "keep", false, "keep the state of the container after its end, until it is deleted")
	fs.BoolVar(&f.noSubreaper, "no-subreaper", false, "do not adopt orphaned processes of the container")
	return func(args []string) (int, error) {
		return f.start(g, args[0], (*libcontainer.Container).Run)
	}
}

func defineStart(_ *flag.FlagSet, g *globals) action {
	return func(args []string) (int, error) {
		c, err := libcontainer.Load(g.root, args[0])
		if err != nil {
			return 0, err
		}
		status, err := c.Status()
		if err != nil {
			return 0, err
		}
		if status != libcontainer.Created {
			return 0, fmt.Errorf("container %s is %s, only a created one can be started", args[0], status)
		}
		return 0, c.Exec()
	}
}

// start creates the container and lets launch begin its process.
func (f *createFlags) start(g *globals, id string, launch launcher) (status int, err error) {
	if f.io.pidFile != "" {
		if f.io.pidFile, err = filepath.Abs(f.io.pidFile); err != nil {
			return 0, err
		}
	}
	spec, err := loadBundle(f.bundle)
	if err != nil {
		return 0, err
	}
	if err := adapt(spec); err != nil {
		return 0, err
	}
	c, err := f.create(g, id, spec)
	if err != nil {
		return 0, err
	}
	defer func() {
		// What was detached outlives this process and is deleted by hand.
		if f.keep || err == nil && f.io.detach {
			return
		}
		if derr := c.Destroy(); err == nil {
			err = derr
		}
	}()
	p := &supervised{ioFlags: f.io, container: c, launch: launch, init: true, subreaper: !f.noSubreaper}
	return p.run(spec.Process)
}

func (f *createFlags) create(g *globals, id string, spec *specs.Spec) (*libcontainer.Container, error) {
	rootless, err := g.rootlessCgroups()
	if err != nil {
		return nil, err
	}
	if !g.systemdCgroup && withoutCgroups(spec) {
		rootless = true
	}
	config, err := specconv.CreateLibcontainerConfig(&specconv.CreateOpts{
		CgroupName:       id,
		UseSystemdCgroup: g.systemdCgroup,
		NoPivotRoot:      f.noPivot,
		NoNewKeyring:     f.noNewKeyring,
		Spec:             spec,
		RootlessEUID:     os.Geteuid() != 0,
		RootlessCgroups:  rootless,
	})
	if err != nil {
		return nil, err
	}
	c, err := libcontainer.Create(g.root, id, config)
	if err != nil && strings.Contains(err.Error(), "no cgroup mount found") {
		return nil, errors.New("no cgroup file system is mounted, even a container without limits needs one: run mount -t cgroup2 cgroup2 /sys/fs/cgroup")
	}
	return c, err
}
