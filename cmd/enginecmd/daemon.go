package enginecmd

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"bake/bake/engine"
	"bake/cmd/app"
	"bake/cmd/exit"
)

// Under these names bake is what the drivers of buildx look for in a container:
// the daemon, and the program that connects to it.
const (
	daemonName  = "buildkitd"
	controlName = "buildctl"
)

// Where a BuildKit in a container keeps what it has, and listens.
const (
	daemonDir    = "/var/lib/buildkit"
	daemonSocket = "/run/buildkit/buildkitd.sock"
	daemonFile   = "/etc/buildkit/buildkitd.toml"
)

// RunDaemon runs bake under one of these names. It is false if it has another.
func RunDaemon(a *app.App, program string) (ran bool, code int) {
	var err error
	switch filepath.Base(program) {
	case daemonName:
		err = serveDaemon(a)
	case controlName:
		err = runControl(a)
	default:
		return false, exit.OK
	}
	if err != nil {
		a.Fail(err)
	}
	return true, exit.CodeOf(err)
}

// daemonOptions are the flags that buildx and its users give to the daemon.
type daemonOptions struct {
	file, root   string
	addresses    []string
	entitlements []string
	snapshotter  string
	version      bool
}

func (o *daemonOptions) parse(args []string, debug *bool) error {
	flags := pflag.NewFlagSet(daemonName, pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.file, "config", "", "")
	flags.StringVar(&o.root, "root", daemonDir, "")
	flags.StringArrayVar(&o.addresses, "addr", []string{"unix://" + daemonSocket}, "")
	flags.StringArrayVar(&o.entitlements, "allow-insecure-entitlement", nil, "")
	flags.StringVar(&o.snapshotter, "oci-worker-snapshotter", "", "")
	flags.BoolVar(debug, "debug", *debug, "")
	flags.BoolVarP(&o.version, "version", "v", false, "")
	if err := flags.Parse(args); err != nil {
		var known []string
		flags.VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
		return exit.Usagef("%s: %w", daemonName, err).
			WithHint("The engine of bake takes %s; all else is set in %s.", strings.Join(known, ", "), daemonFile)
	}
	if flags.NArg() > 0 {
		return exit.Usagef("%s takes no argument, but got %q", daemonName, flags.Arg(0))
	}
	return nil
}

// serveDaemon serves until it is asked to end.
func serveDaemon(a *app.App) error {
	var o daemonOptions
	if err := o.parse(a.Args, &a.Debug); err != nil {
		return err
	}
	if o.version {
		// Four words, which buildx takes the third of.
		fmt.Fprintf(a.Out, "%s github.com/moby/buildkit %s bake-%s\n", daemonName, app.ModuleVersion("github.com/moby/buildkit"), app.Version())
		return nil
	}
	cfg, err := o.config(a)
	if err != nil {
		return err
	}
	return serve(cfg)
}

func (o *daemonOptions) config(a *app.App) (engine.Config, error) {
	if len(o.addresses) != 1 || !strings.HasPrefix(o.addresses[0], "unix://") {
		return engine.Config{}, exit.Usagef("the engine of bake listens at one unix socket, not at %s", strings.Join(o.addresses, ", "))
	}
	if o.file == "" {
		if _, err := os.Stat(daemonFile); err == nil {
			o.file = daemonFile
		}
	}
	return EngineConfig(a.WithEnv(a.Overlay(map[string]string{
		engine.EnvDir:          o.root,
		engine.EnvSocket:       strings.TrimPrefix(o.addresses[0], "unix://"),
		engine.EnvIdle:         "0",
		engine.EnvFile:         o.file,
		engine.EnvSnapshotter:  o.snapshotter,
		engine.EnvEntitlements: strings.Join(o.entitlements, ","),
	})))
}

// runControl connects standard input and output to the daemon, or says whether
// it is there.
func runControl(a *app.App) error {
	address := "unix://" + daemonSocket
	if host := a.Env["BUILDKIT_HOST"]; host != "" {
		address = host
	}
	flags := pflag.NewFlagSet(controlName, pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&address, "addr", address, "")
	if err := flags.Parse(a.Args); err != nil {
		return exit.Usagef("%s: %w", controlName, err)
	}
	what := strings.Join(flags.Args(), " ")
	if what != "dial-stdio" && what != "debug workers" {
		return exit.Usagef("the %s of bake can do dial-stdio and debug workers, but not %q", controlName, what)
	}
	conn, err := net.Dial("unix", strings.TrimPrefix(address, "unix://"))
	if err != nil {
		return EngineError("connect to the engine", err)
	}
	defer conn.Close()
	if what == "debug workers" {
		fmt.Fprintf(a.Out, "the engine listens at %s\n", address)
		return nil
	}
	return relay(a.In, a.Out, conn.(*net.UnixConn))
}

// relay copies in both directions until the engine has said all.
func relay(in io.Reader, out io.Writer, conn *net.UnixConn) error {
	go func() {
		_, _ = io.Copy(conn, in)
		_ = conn.CloseWrite()
	}()
	if _, err := io.Copy(out, conn); err != nil {
		return EngineError("read from the engine", err)
	}
	return nil
}
