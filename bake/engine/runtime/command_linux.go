//go:build cgo

package runtime

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/moby/sys/userns"
)

// errHelp ends a command after its help was printed.
var errHelp = errors.New("help was asked for")

// globals are the flags before the command.
type globals struct {
	root          string
	log           string
	logFormat     string
	rootless      string
	systemdCgroup bool
	debug         bool
	stdout        io.Writer
}

// A command is one verb of the command line. define declares its flags and
// returns what runs once they are parsed.
type command struct {
	name, args, about string
	min, max          int  // number of arguments
	ordered           bool // flags end at the first argument: what follows is another program's
	failure           int  // exit status after an error
	define            func(*flag.FlagSet, *globals) action
}

// An action does the work of a command and returns the exit status.
type action func(args []string) (int, error)

// unlimited as a command's max takes any number of arguments.
const unlimited = 1 << 30

func commands() []command {
	return []command{
		{name: "create", args: "ID", about: "set a container up, without starting its process", min: 1, max: 1, define: defineCreate},
		{name: "run", args: "ID", about: "create and start a container, and wait for its end", min: 1, max: 1, define: defineRun},
		{name: "start", args: "ID", about: "start the process of a created container", min: 1, max: 1, define: defineStart},
		{name: "exec", args: "ID [COMMAND...]", about: "run one more process in a container", min: 1, max: unlimited, ordered: true, failure: 255, define: defineExec},
		{name: "kill", args: "ID [SIGNAL]", about: "signal the first process of a container (default TERM)", min: 1, max: 2, define: defineKill},
		{name: "delete", args: "ID", about: "remove what is left of a stopped container", min: 1, max: 1, define: defineDelete},
		{name: "state", args: "ID", about: "print the state of a container as JSON", min: 1, max: 1, define: defineState},
		{name: "list", about: "list containers", define: defineList},
		{name: "ps", args: "ID [PS OPTIONS]", about: "list the processes of a container", min: 1, max: unlimited, ordered: true, define: definePs},
		{name: "features", about: "print what this runtime supports as JSON", define: defineFeatures},
	}
}

func lookup(name string) (command, bool) {
	for _, c := range commands() {
		if c.name == name {
			return c, true
		}
	}
	return command{}, false
}

// exec parses the command's own flags and runs it.
func (c command) exec(g *globals, args []string) (int, error) {
	fs := newFlags(c.name)
	do := c.define(fs, g)
	args, err := c.parse(fs, args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(g.stdout, "Usage: %s %s [OPTIONS] %s\n\nTo %s.\n", Name, c.name, c.args, c.about)
		printFlags(g.stdout, fs)
		return 0, nil
	}
	if err != nil {
		return 1, fmt.Errorf("%s: %w", c.name, err)
	}
	if n := len(args); n < c.min || n > c.max {
		return 1, fmt.Errorf("%s: %d arguments, want %s", c.name, n, wants(c.args))
	}
	status, err := do(args)
	if err != nil {
		return max(1, c.failure), fmt.Errorf("%s %s failed: %w", Name, c.name, err)
	}
	return status, nil
}

func wants(args string) string {
	if args == "" {
		return "none"
	}
	return args
}

// parse takes flags before and after the arguments, as runc does.
func (c command) parse(fs *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := fs.Parse(args); err != nil {
			return nil, err
		}
		args = fs.Args()
		if len(args) == 0 || c.ordered {
			return append(rest, args...), nil
		}
		rest, args = append(rest, args[0]), args[1:]
	}
}

func parseGlobals(args []string, stdout io.Writer) (*globals, []string, error) {
	g := &globals{stdout: stdout}
	fs := newFlags(Name)
	fs.StringVar(&g.root, "root", defaultRoot(), "directory of the containers' state")
	fs.StringVar(&g.log, "log", "", "file to write the log to (default stderr)")
	fs.StringVar(&g.logFormat, "log-format", "text", "text or json")
	fs.StringVar(&g.rootless, "rootless", "auto", "ignore cgroup permission errors: true, false or auto")
	fs.BoolVar(&g.systemdCgroup, "systemd-cgroup", false, "let systemd make cgroups (cgroupsPath is slice:prefix:name)")
	fs.BoolVar(&g.debug, "debug", false, "write debug messages to the log")
	version := fs.Bool("version", false, "print the version")
	fs.BoolVar(version, "v", false, "short for --version")
	switch err := fs.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		usage(stdout)
		printFlags(stdout, fs)
		return nil, nil, errHelp
	case err != nil:
		return nil, nil, err
	case *version:
		printVersion(stdout)
		return nil, nil, errHelp
	}
	return g, fs.Args(), nil
}

// defaultRoot is runc's: a user's own directory unless the process is the real
// root, or the root of a user namespace that says it is by $USER.
func defaultRoot() string {
	const system = "/run/runc"
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		return system
	}
	if os.Geteuid() == 0 && (!userns.RunningInUserNS() || os.Getenv("USER") == "root") {
		return system
	}
	return dir + "/runc"
}

func newFlags(name string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	return fs
}

func usage(w io.Writer) {
	fmt.Fprintf(w, "The OCI runtime of bake.\n\nUsage: %s [OPTIONS] COMMAND ...\n\nCommands:\n", Name)
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, c := range commands() {
		fmt.Fprintf(t, "  %s\t%s\n", strings.TrimSpace(c.name+" "+c.args), c.about)
	}
	t.Flush()
}

func printFlags(w io.Writer, fs *flag.FlagSet) {
	fmt.Fprint(w, "\nOptions:\n")
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fs.VisitAll(func(f *flag.Flag) { fmt.Fprintf(t, "  --%s\t%s\n", f.Name, f.Usage) })
	t.Flush()
}
