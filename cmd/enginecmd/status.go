package enginecmd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	units "github.com/docker/go-units"
	"github.com/spf13/cobra"

	"bake/bake/engine"
	"bake/cmd/app"
	"bake/cmd/exit"
	"bake/cmd/terminal"
	"bake/cmd/verb"
)

// engineStatusOptions are the flags of `bake engine status`.
type engineStatusOptions struct {
	engineOptions
	format string
}

func newEngineStatus(a *app.App, runF func(*app.App, *engineStatusOptions) error) *cobra.Command {
	o := &engineStatusOptions{}
	c := &cobra.Command{
		Use:   "status [OPTIONS]",
		Short: "Say whether the engine runs, since when, and how",
		Long: `Say whether the engine runs, since when, and how. It is not started by this.
The exit code is 0 whether it runs or not.`,
		Args:                  verb.NoArgs,
		DisableFlagsInUseLine: true,
		RunE:                  func(*cobra.Command, []string) error { return runF(a, o) },
	}
	o.engineOptions.addFlags(c.Flags())
	c.Flags().StringVar(&o.format, "format", "text", "`FORM` of the answer: text or json")
	return c
}

func runEngineStatus(a *app.App, o *engineStatusOptions) error {
	if o.format != "text" && o.format != "json" {
		return exit.Usagef("invalid --format %q, want text or json", o.format)
	}
	cfg, err := o.resolve(a)
	if err != nil {
		return err
	}
	state, err := engine.Status(context.Background(), cfg)
	if err != nil {
		return EngineError("ask the engine for its state", err)
	}
	if o.format == "json" {
		return writeStateJSON(a.JSON(), state)
	}
	writeState(a.Out, state)
	return nil
}

// writeState writes the state of an engine as a list of facts.
func writeState(w io.Writer, s engine.State) {
	fact := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-12s %s\n", name+":", fmt.Sprintf(format, args...))
	}
	if s.Running {
		fact("engine", "running as process %d for %s", s.PID, s.Uptime.Round(time.Second))
		fact("version", "%s", engineVersion(s))
		fact("clients", "%d, %s in flight", s.Clients, terminal.Count(s.Builds, "build"))
		fact("idle time", "%s", idleText(s.Idle))
		fact("snapshots", "%s", s.Snapshotter)
		fact("network", "%s", s.Network)
		fact("runtime", "%s", runtimeText(s))
		fact("user", "%s", userText(s))
	} else {
		fact("engine", "not running; a build starts it")
	}
	fact("state", "%s (%s)", s.Dir, units.BytesSize(float64(s.DiskUsed)))
	fact("socket", "%s", s.Socket)
	fact("log", "%s", s.LogFile)
}

func engineVersion(s engine.State) string {
	text := fmt.Sprintf("bake %s, BuildKit %s", s.Version, s.BuildKit)
	switch {
	case s.Outdated == "":
	case s.Foreground:
		text += "; it " + s.Outdated + ", but stays, as `bake engine serve` runs it"
	default:
		text += "; it " + s.Outdated + ", so the next build replaces it if it is idle"
	}
	return text
}

func idleText(d time.Duration) string {
	if d == 0 {
		return "never exits by itself"
	}
	return "exits after " + d.String() + " without clients"
}

func runtimeText(s engine.State) string {
	text := s.Runtime
	if s.OwnRuntime {
		text = "inside bake"
	}
	if !s.Seccomp {
		text += ", without seccomp"
	}
	return text
}

func userText(s engine.State) string {
	switch {
	case s.SingleID:
		return "rootless with a single id: files of other owners cannot be made"
	case s.Rootless:
		return "rootless"
	}
	return "root"
}

// writeStateJSON writes the state for programs. Durations are in seconds.
func writeStateJSON(w io.Writer, s engine.State) error {
	data, err := json.MarshalIndent(map[string]any{
		"running":     s.Running,
		"pid":         s.PID,
		"version":     s.Version,
		"current":     s.Current,
		"buildkit":    s.BuildKit,
		"uptime":      s.Uptime.Seconds(),
		"idle":        s.Idle.Seconds(),
		"clients":     s.Clients,
		"builds":      s.Builds,
		"snapshotter": s.Snapshotter,
		"network":     s.Network,
		"runtime":     s.Runtime,
		"ownRuntime":  s.OwnRuntime,
		"seccomp":     s.Seccomp,
		"rootless":    s.Rootless,
		"singleID":    s.SingleID,
		"labels":      s.Labels,
		"dir":         s.Dir,
		"socket":      s.Socket,
		"log":         s.LogFile,
		"diskUsed":    s.DiskUsed,
	}, "", "  ")
	if err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	_, err = fmt.Fprintf(w, "%s\n", data)
	return err
}

// EngineError says what could not be done with the engine; it counts as an
// unreachable builder.
func EngineError(what string, err error) error {
	return &exit.Error{Code: exit.Unreachable, Err: fmt.Errorf("%s: %w", what, err)}
}
