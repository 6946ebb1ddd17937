//go:build cgo

package runtime

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	_ "github.com/opencontainers/cgroups/devices" // else device rules are refused
	"github.com/opencontainers/runc/libcontainer"
	_ "github.com/opencontainers/runc/libcontainer/nsenter" // joins namespaces before Go starts
	"github.com/opencontainers/runc/libcontainer/seccomp"
	"github.com/sirupsen/logrus"
)

// Available reports whether the OCI runtime is part of this build.
func Available() bool { return true }

// SeccompEnabled reports whether seccomp profiles are applied to containers.
// A build without the "seccomp" tag runs them without a profile.
func SeccompEnabled() bool { return seccomp.Enabled }

// The runtime takes over here and not in main, because init functions run in
// the order of the import paths: at this point everything the runtime needs is
// initialised, and most of what the engine and the client need is not yet. A
// container start pays for three processes, so this is felt (see doc.go).
func init() {
	if Is() {
		Main()
	}
}

// Main takes the place of main when [Is] says so. It never returns: the exit
// status is the container's for "run" and "exec", else 0, 1 after an error
// (255 for "exec").
func Main() {
	if initStage() {
		libcontainer.Init()
	}
	status, err := run(os.Args[1:], os.Stdout)
	if err != nil {
		report(err)
	}
	os.Exit(status)
}

// report writes an error to the log, which is where the caller looks for it,
// and to stderr, which is what a person reads.
func report(err error) {
	logrus.Error(err)
	if logrus.StandardLogger().Out != os.Stderr {
		fmt.Fprintln(os.Stderr, err)
	}
}

// run executes one command line without the program name and returns the exit
// status.
func run(args []string, stdout io.Writer) (int, error) {
	g, args, err := parseGlobals(args, stdout)
	if errors.Is(err, errHelp) {
		return 0, nil
	}
	if err != nil {
		return 1, err
	}
	if err := g.setup(); err != nil {
		return 1, err
	}
	if len(args) == 0 {
		usage(stdout)
		return 0, nil
	}
	c, ok := lookup(args[0])
	if !ok {
		return 1, fmt.Errorf("no command %q: see %s --help", args[0], Name)
	}
	return c.exec(g, args[1:])
}

// setup makes paths absolute, because commands change to the bundle directory,
// and directs the log.
func (g *globals) setup() error {
	root, err := filepath.Abs(g.root)
	if err != nil {
		return err
	}
	if root == "/" {
		return errors.New("--root must not be /, each container is a directory below it")
	}
	g.root = root
	return g.setupLog()
}

func (g *globals) setupLog() error {
	if g.debug {
		logrus.SetLevel(logrus.DebugLevel)
	}
	switch g.logFormat {
	case "", "text":
	case "json":
		logrus.SetFormatter(new(logrus.JSONFormatter))
	default:
		return fmt.Errorf("log format %q is neither text nor json", g.logFormat)
	}
	if g.log == "" {
		return nil
	}
	f, err := os.OpenFile(g.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	logrus.SetOutput(f)
	return nil
}
