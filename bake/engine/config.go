package engine

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"bake/bake/engine/registries"

	"github.com/moby/buildkit/cmd/buildkitd/config"
)

// Default is the configuration that the environment asks for. The state
// directory is $BAKE_ENGINE_DIR, else /var/lib/bake/engine for root and
// $XDG_STATE_HOME/bake/engine (normally ~/.local/state/bake/engine) for others.
// A buildkitd.toml is taken from $BAKE_ENGINE_CONFIG, else, when there is one,
// from /etc/bake for root and $XDG_CONFIG_HOME/bake for others. A directory
// certs.d beside it holds the certificates of registries.
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
	own, users := configDirs(env, root)
	if cfg.File == "" {
		cfg.File = defaultFile(own)
	} else {
		own = filepath.Dir(cfg.File)
	}
	cfg.Certificates = registries.Roots(own, users)
	return cfg.absolute()
}

// defaultFile is the configuration file to use without being told, empty if
// there is none in the directory of settings.
func defaultFile(own string) string {
	file := filepath.Join(own, "buildkitd.toml")
	if _, err := os.Stat(file); err != nil {
		return ""
	}
	return file
}

// readFile reads the buildkitd.toml of cfg, if it has one, and returns a digest
// of it.
func readFile(cfg Config) (config.Config, string, error) {
	if cfg.File == "" {
		return config.Config{}, "", nil
	}
	data, err := os.ReadFile(cfg.File)
	if err != nil {
		return config.Config{}, "", fmt.Errorf("cannot read the engine configuration: %w", err)
	}
	file, err := config.Load(bytes.NewReader(data))
	if err != nil {
		return config.Config{}, "", fmt.Errorf("cannot read the engine configuration %s: %w", cfg.File, err)
	}
	return file, fileSum(data), nil
}

func fileSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
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

// configDirs are the directory of bake's own settings and, for users who are
// not root, that of all of their settings.
func configDirs(env func(string) string, root bool) (own, users string) {
	if root {
		return "/etc/bake", ""
	}
	users = filepath.Join(env("HOME"), ".config")
	if xdg := env("XDG_CONFIG_HOME"); filepath.IsAbs(xdg) {
		users = xdg
	}
	return filepath.Join(users, "bake"), users
}

// absolute makes every path of c absolute, since the engine does not share the
// caller's working directory, and derives the socket.
func (c Config) absolute() (Config, error) {
	if c.Dir == "" {
		return c, errors.New("the engine needs a state directory")
	}
	paths := []*string{&c.Dir, &c.Socket, &c.File}
	for i := range c.Certificates {
		paths = append(paths, &c.Certificates[i])
	}
	for _, p := range paths {
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
