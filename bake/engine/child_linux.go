package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"bake/bake/engine/registries"
	"bake/bake/engine/rootless"
	"bake/bake/engine/runtime"
	"bake/bake/engine/server"

	"github.com/moby/buildkit/util/bklog"
	"golang.org/x/sys/unix"
)

// readyFD is the descriptor on which the engine process announces itself.
const readyFD = 3

// Main takes the process over when it is not the command line tool but one of
// the processes the engine is made of. A program that uses the engine calls it
// first thing in main, before it looks at its arguments.
func Main() {
	switch {
	case runtime.Is():
		runtime.Main()
	case filepath.Base(os.Args[0]) == unconfinedName:
		fmt.Fprintln(os.Stderr, unconfinedMain(os.Args))
		os.Exit(1)
	case filepath.Base(os.Args[0]) == checkerName:
		os.Exit(checkMain(os.Args[1:]))
	case os.Getenv(envChild) != "" && len(os.Args) > 2 && os.Args[1] == "engine" && os.Args[2] == "serve":
		os.Unsetenv(envChild)
		os.Exit(childMain(os.Args[3:]))
	}
}

// childMain is the engine process. It runs in the namespaces that childCommand
// asked for and announces on the ready pipe how it went.
func childMain(args []string) int {
	unix.CloseOnExec(readyFD)
	ready := os.NewFile(readyFD, "ready")
	announce := func(a announcement) {
		if data, err := json.Marshal(a); err == nil {
			ready.Write(data)
		}
		ready.Close()
	}
	cfg, err := parseArgs(args)
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
		defer stop()
		signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE)
		err = run(ctx, cfg, func(notes []string) { announce(announcement{Say: sayReady, Notes: notes}) })
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errLocked):
		announce(announcement{Say: sayLocked})
	default:
		bklog.L.Errorf("the engine ends: %v", err)
		announce(announcement{Say: sayError, Text: err.Error()})
	}
	return 1
}

// run is the engine: it takes the state directory, sweeps what a killed engine
// left there, and serves until ctx ends, it is told to stop or it is idle. When it
// is ready it says what became of the state, if anything did.
func run(ctx context.Context, cfg Config, ready func(notes []string)) error {
	nameProcess("bake-engine")
	if err := ensureDir(cfg.Dir); err != nil {
		return err
	}
	lock, err := lockDir(cfg.Dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := settle(cfg.Dir); err != nil {
		return err
	}
	if err := emptyTemp(cfg.Dir); err != nil {
		return err
	}
	notes, err := salvage(ctx, cfg.Dir)
	if err != nil {
		return err
	}
	opt, err := serverOptions(cfg)
	if err != nil {
		return err
	}
	server.SweepCgroups(opt)
	defer server.SweepCgroups(opt)
	srv, err := server.New(ctx, opt)
	if err != nil {
		return explainDamage(cfg.Dir, explainDisk(cfg.Dir, err))
	}
	defer closeDatabases(srv, cfg.Dir)
	path, err := newSocketPath(cfg)
	if err != nil {
		return err
	}
	if err := ensureSocketDir(filepath.Dir(path)); err != nil {
		return err
	}
	l, err := listen(path)
	if err != nil {
		return err
	}
	if err := noteSocket(lock, path); err != nil {
		return explainDisk(cfg.Dir, err)
	}
	watch, unwatch := context.WithCancel(ctx)
	defer unwatch()
	go keepHouse(watch, lock, l, srv.Stop)
	bklog.L.Infof("bake %s serves on %s (process %d)", cfg.Version, path, os.Getpid())
	ready(notes)
	return srv.Serve(ctx, l)
}

// closeDatabases ends the use of a state directory in order.
func closeDatabases(srv *server.Server, dir string) {
	err := srv.Close()
	if err == nil {
		err = writeSeal(dir)
	}
	if err != nil {
		bklog.L.Warn(err) // the next engine checks the databases
	}
}

// explainDisk replaces the wording of errors that mean a bad state directory.
func explainDisk(dir string, err error) error {
	if errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.ENOSPC) {
		return explainDir(dir, err)
	}
	return err
}

// settle makes the new namespaces usable and takes what BuildKit and runc keep
// outside of the state directory into the mount namespace, so that it goes with
// the engine. In a user namespace that has been done.
func settle(dir string) error {
	if _, ok := rootless.Inside(); ok {
		return nil
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return fmt.Errorf("cannot detach the engine's mounts from the system's: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("cannot mount /proc for the engine: %w", err)
	}
	// The state of runc and of those that take after it. That it is private is
	// a matter of tidiness: where it cannot be, a killed engine leaves some
	// empty folders.
	const runc = "/run/runc"
	if err := os.MkdirAll(runc, 0o700); err == nil {
		err = unix.Mount("tmpfs", runc, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "mode=0700")
		if err != nil {
			bklog.L.Warnf("cannot make %s private: %v", runc, err)
		}
	}
	if err := os.Setenv("XDG_RUNTIME_DIR", runc); err != nil {
		return fmt.Errorf("cannot set up the engine process: %w", err)
	}
	return nil
}

// runDir is where an engine in a user namespace keeps run-time state.
func runDir(dir string) string { return filepath.Join(dir, "run") }

// tempDir is the engine's directory for temporary files and mount points. It is
// its own, so that what a killed engine left there can be removed.
func tempDir(dir string) string { return filepath.Join(dir, "tmp") }

// emptyTemp makes tempDir anew. Nothing is mounted in it: the mounts of the last
// engine went with its namespace.
func emptyTemp(dir string) error {
	tmp := tempDir(dir)
	if err := os.RemoveAll(tmp); err != nil {
		return explainDir(dir, err)
	}
	if err := os.Mkdir(tmp, 0o700); err != nil {
		return explainDir(dir, err)
	}
	return nil
}

func serverOptions(cfg Config) (server.Options, error) {
	file, sum, err := readFile(cfg)
	if err != nil {
		return server.Options{}, err
	}
	if err := setupLog(file.Log); err != nil {
		return server.Options{}, err
	}
	rt, err := chooseRuntime(cfg, file)
	if err != nil {
		return server.Options{}, err
	}
	info, isRootless := rootless.Inside()
	return server.Options{
		Rootless: isRootless, SingleID: isRootless && !info.Ranges,
		Root: cfg.Dir, Idle: cfg.Idle, Runtime: rt,
		Origin: server.Origin{
			Version: cfg.Version, Build: buildID(), Runtime: cfg.Runtime, FileSum: sum, Foreground: cfg.foreground,
		},
		Registries: registries.Settings{File: file.Registries, Roots: cfg.Certificates},
		File:       file, Entitlements: cfg.Entitlements, Snapshotter: cfg.Snapshotter,
	}, nil
}

// nameProcess sets the name that ps and top show; it would be "exe" otherwise.
// It is only for the eye, so failing is fine.
func nameProcess(name string) {
	_ = os.WriteFile("/proc/self/comm", []byte(name), 0)
}
