package engine

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Default is the configuration that the environment asks for. The state
// directory is $BAKE_ENGINE_DIR, else /var/lib/bake/engine for root and
// $XDG_STATE_HOME/bake/engine (normally ~/.local/state/bake/engine) for others.
// A buildkitd.toml is taken from $BAKE_ENGINE_CONFIG, else, when there is one,
// from /etc/bake for root and $XDG_CONFIG_HOME/bake for others.
func Default(env func(string) string) (Config, error) {
	cfg := Config{
		Dir:         env(EnvDir),
		Socket:      env(EnvSocket),
		Idle:        DefaultIdle,
		Runtime:     env(EnvRuntime),
		File:        env(EnvFile),
		Snapshotter: env(EnvSnapshotter),
		Version:     buildVersion(),
	}
	if v := env(EnvIdle); v != "" {
		d, err := parseIdle(v)
		if err != nil {
			return Config{}, err
		}
		cfg.Idle = d
	}
	if v := env(EnvEntitlements); v != "" {
		cfg.Entitlements = strings.Split(v, ",")
	}
	root := os.Geteuid() == 0
	if cfg.Dir == "" {
		dir, err := defaultDir(env, root)
		if err != nil {
			return Config{}, err
		}
		cfg.Dir = dir
	}
	if cfg.File == "" {
		cfg.File = defaultFile(env, root)
	}
	return cfg.absolute()
}

// parseIdle reads an idle time: a Go duration, or 0 for never.
func parseIdle(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("invalid idle time %q in $%s: write it as 90s or 10m, or 0 for never", text, EnvIdle)
	}
	return d, nil
}

func defaultDir(env func(string) string, root bool) (string, error) {
	if root {
		return "/var/lib/bake/engine", nil
	}
	if state := env("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "bake", "engine"), nil
	}
	home := env("HOME")
	if home == "" {
		return "", fmt.Errorf("no state directory for the engine: neither $HOME nor $XDG_STATE_HOME is set; set $%s", EnvDir)
	}
	return filepath.Join(home, ".local", "state", "bake", "engine"), nil
}

// defaultFile is the configuration file to use without being told, empty if
// there is none.
func defaultFile(env func(string) string, root bool) string {
	dir := "/etc/bake"
	if !root {
		dir = filepath.Join(env("HOME"), ".config", "bake")
		if xdg := env("XDG_CONFIG_HOME"); filepath.IsAbs(xdg) {
			dir = filepath.Join(xdg, "bake")
		}
	}
	file := filepath.Join(dir, "buildkitd.toml")
	if _, err := os.Stat(file); err != nil {
		return ""
	}
	return file
}

// absolute makes every path of c absolute, since the engine does not share the
// caller's working directory, and derives the socket.
func (c Config) absolute() (Config, error) {
	if c.Dir == "" {
		return c, errors.New("the engine needs a state directory")
	}
	for _, p := range []*string{&c.Dir, &c.Socket, &c.File} {
		if *p == "" {
			continue
		}
		abs, err := filepath.Abs(*p)
		if err != nil {
			return c, fmt.Errorf("cannot make %s absolute: %w", *p, err)
		}
		*p = abs
	}
	if c.Runtime != "" {
		path, err := exec.LookPath(c.Runtime)
		if err != nil {
			return c, fmt.Errorf("the OCI runtime %q cannot be run: %w", c.Runtime, err)
		}
		if c.Runtime, err = filepath.Abs(path); err != nil {
			return c, fmt.Errorf("cannot make %s absolute: %w", path, err)
		}
	}
	return c, nil
}

// LogFile is where the engine of cfg writes its log.
func LogFile(cfg Config) string { return filepath.Join(cfg.Dir, "engine.log") }
