package enginecmd

import (
	"strings"

	"bake/bake/engine"
	"bake/cmd/app"
	"bake/cmd/exit"
	"bake/cmd/verb"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// engineOptions say which engine a verb is about. Empty ones mean what the
// environment says.
type engineOptions struct {
	dir    string
	socket string
}

func (o *engineOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.dir, "dir", "", "State `DIRECTORY` (default $BAKE_ENGINE_DIR or that of the user)")
	flags.StringVar(&o.socket, "socket", "", "Unix socket at `PATH` (default $BAKE_ENGINE_SOCKET or in the state directory)")
}

// engineStartOptions say, in addition, how an engine is to be started.
type engineStartOptions struct {
	engineOptions
	idle         string
	runtime      string
	config       string
	snapshotter  string
	entitlements []string
}

func (o *engineStartOptions) addFlags(flags *pflag.FlagSet) {
	o.engineOptions.addFlags(flags)
	flags.StringVar(&o.idle, "idle", "", "Exit after this `TIME` without clients, 0 for never (default $BAKE_ENGINE_IDLE or 10m)")
	flags.StringVar(&o.runtime, "runtime", "", "OCI runtime at `PATH` (default $BAKE_ENGINE_RUNTIME or the one inside bake)")
	flags.StringVar(&o.config, "config", "", "A buildkitd.toml at `PATH` (default $BAKE_ENGINE_CONFIG)")
	flags.StringVar(&o.snapshotter, "snapshotter", "", "`NAME` auto, overlayfs, fuse-overlayfs or native (default $BAKE_ENGINE_SNAPSHOTTER)")
	flags.StringSliceVar(&o.entitlements, "entitlements", nil, "`NAMES` of entitlements that builds may be granted (default $BAKE_ENGINE_ENTITLEMENTS)")
}

// New makes `bake engine`, which does nothing by itself.
func New(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:                   "engine VERB",
		DisableFlagsInUseLine: true,
		Short:                 "Manage the BuildKit that bake carries",
		Long: `Manage the embedded engine: the BuildKit that bake carries and starts in the
background when a build needs it. It belongs to one user and one state
directory, several runs share it, and it exits when idle.`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			err := exit.Usagef("unknown command %q for %q", args[0], c.CommandPath())
			if s := verb.Similar(args[0], verb.ChildNames(c)); s != "" {
				return err.WithHint("Did you mean %q?", c.CommandPath()+" "+s)
			}
			return err.WithHint("Its commands are %s.", strings.Join(verb.ChildNames(c), ", "))
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(
		newEngineStatus(a, runEngineStatus),
		newEngineStart(a, runEngineStart),
		newEngineStop(a, runEngineStop),
		newEngineServe(a, runEngineServe),
		newEngineLogs(a, runEngineLogs),
		newEngineDu(a, runEngineDu),
		newEnginePrune(a, runEnginePrune),
	)
	return c
}

// EngineConfig is the configuration of the engine that the environment asks for.
func EngineConfig(a *app.App) (engine.Config, error) {
	cfg, err := engine.Default(a.Getenv)
	if err != nil {
		return cfg, &exit.Error{Code: exit.Usage, Err: err}
	}
	cfg.Version = app.Version()
	return cfg, nil
}

// resolve is the configuration with the flags laid over the environment.
func (o *engineOptions) resolve(a *app.App) (engine.Config, error) {
	env := a.Overlay(map[string]string{
		engine.EnvDir:    o.dir,
		engine.EnvSocket: o.socket,
	})
	return EngineConfig(a.WithEnv(env))
}

// resolve is the configuration with the flags laid over the environment.
func (o *engineStartOptions) resolve(a *app.App) (engine.Config, error) {
	env := a.Overlay(map[string]string{
		engine.EnvDir:          o.dir,
		engine.EnvSocket:       o.socket,
		engine.EnvIdle:         o.idle,
		engine.EnvRuntime:      o.runtime,
		engine.EnvFile:         o.config,
		engine.EnvSnapshotter:  o.snapshotter,
		engine.EnvEntitlements: strings.Join(o.entitlements, ","),
	})
	cfg, err := EngineConfig(a.WithEnv(env))
	cfg.Notify = func(text string) { a.Note("%s", text) }
	return cfg, err
}
