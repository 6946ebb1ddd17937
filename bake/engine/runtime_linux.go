package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"

	"bake/bake/engine/server"

	"github.com/moby/buildkit/cmd/buildkitd/config"
)

// chooseRuntime finds the OCI runtime: the one asked for, else one on PATH.
func chooseRuntime(cfg Config, file config.Config) (server.Runtime, error) {
	for _, name := range []string{cfg.Runtime, file.Workers.OCI.Binary} {
		if name == "" {
			continue
		}
		path, err := exec.LookPath(name)
		if err != nil {
			return server.Runtime{}, fmt.Errorf("the OCI runtime %q cannot be run: %w", name, err)
		}
		return server.Runtime{Path: path, Seccomp: hasSeccomp(path)}, nil
	}
	for _, name := range []string{"buildkit-runc", "runc"} {
		if path, err := exec.LookPath(name); err == nil {
			return server.Runtime{Path: path, Seccomp: hasSeccomp(path)}, nil
		}
	}
	return server.Runtime{}, errors.New("no OCI runtime: install runc, or name one with $" + EnvRuntime)
}

// hasSeccomp asks the runtime whether it can apply a seccomp profile. One that
// cannot tell is old, and those were built with it.
func hasSeccomp(path string) bool {
	out, err := exec.Command(path, "features").Output()
	if err != nil {
		return true
	}
	var features struct {
		Linux struct {
			Seccomp struct {
				Enabled *bool `json:"enabled"`
			} `json:"seccomp"`
		} `json:"linux"`
	}
	if json.Unmarshal(out, &features) != nil || features.Linux.Seccomp.Enabled == nil {
		return true
	}
	return *features.Linux.Seccomp.Enabled
}
