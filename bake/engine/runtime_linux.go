package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"bake/bake/engine/runtime"
	"bake/bake/engine/server"

	"github.com/moby/buildkit/cmd/buildkitd/config"
	"github.com/moby/buildkit/util/bklog"
)

// chooseRuntime finds the OCI runtime: the one asked for, else the one inside
// this executable, else one on PATH.
func chooseRuntime(cfg Config, file config.Config) (server.Runtime, error) {
	for _, name := range []string{cfg.Runtime, file.Workers.OCI.Binary} {
		if name != "" {
			return foreignRuntime(cfg.Dir, name)
		}
	}
	if runtime.Available() {
		path, err := linkSelf(cfg.Dir, runtime.Name)
		if err != nil {
			return server.Runtime{}, err
		}
		if !runtime.SeccompEnabled() {
			bklog.L.Warn("this bake was built without seccomp: containers run without a seccomp profile")
		}
		return server.Runtime{Path: path, Own: true, Seccomp: runtime.SeccompEnabled()}, nil
	}
	for _, name := range []string{"buildkit-runc", "runc"} {
		if _, err := exec.LookPath(name); err == nil {
			return foreignRuntime(cfg.Dir, name)
		}
	}
	return server.Runtime{}, errors.New("no OCI runtime: this bake was built without cgo and so without its own; install runc, or name a runtime with $" + EnvRuntime)
}

// linkSelf makes bin/name in the state directory a link to the executable of
// this process, and returns it. The link goes through /proc, so it stays right
// when the file is replaced by a newer bake while the engine runs.
func linkSelf(dir, name string) (string, error) {
	bin := filepath.Join(dir, "bin")
	if err := os.MkdirAll(bin, 0o700); err != nil {
		return "", explainDir(dir, err)
	}
	path := filepath.Join(bin, name)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", explainDir(dir, err)
	}
	if err := os.Symlink(filepath.Join("/proc", strconv.Itoa(os.Getpid()), "exe"), path); err != nil {
		return "", explainDir(dir, err)
	}
	return path, nil
}

// foreignRuntime is the runtime called name. One without seccomp gets a helper
// in front of it, because it would refuse every container that has a profile.
func foreignRuntime(dir, name string) (server.Runtime, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return server.Runtime{}, fmt.Errorf("the OCI runtime %q cannot be run: %w", name, err)
	}
	if hasSeccomp(path) {
		return server.Runtime{Path: path, Seccomp: true}, nil
	}
	bklog.L.Warnf("the OCI runtime %s was built without seccomp: containers run without a seccomp profile", path)
	link, err := linkSelf(dir, unconfinedName)
	if err != nil {
		return server.Runtime{}, err
	}
	if err := os.Setenv(envUnconfined, path); err != nil {
		return server.Runtime{}, fmt.Errorf("cannot set up the OCI runtime: %w", err)
	}
	return server.Runtime{Path: link, Behind: path}, nil
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

const (
	// unconfinedName is the name under which this executable stands before
	// a runtime without seccomp.
	unconfinedName = "bake-unconfined"
	// envUnconfined holds the path of that runtime.
	envUnconfined = "_BAKE_ENGINE_UNCONFINED"
)

// unconfinedMain takes the seccomp profile out of the bundle that the command
// line names and becomes the real runtime. It returns only when it fails.
func unconfinedMain(args []string) error {
	for i, arg := range args {
		if arg == "--bundle" && i+1 < len(args) {
			if err := dropSeccomp(filepath.Join(args[i+1], "config.json")); err != nil {
				return err
			}
		}
	}
	path := os.Getenv(envUnconfined)
	return syscall.Exec(path, append([]string{path}, args[1:]...), os.Environ())
}

// dropSeccomp removes linux.seccomp from the OCI configuration file name and
// keeps everything else as it is.
func dropSeccomp(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("reading the bundle: %w", err)
	}
	var spec, linux map[string]json.RawMessage
	if err := json.Unmarshal(data, &spec); err != nil {
		return fmt.Errorf("reading the bundle: %w", err)
	}
	if len(spec["linux"]) == 0 {
		return nil
	}
	if err := json.Unmarshal(spec["linux"], &linux); err != nil {
		return fmt.Errorf("reading the bundle: %w", err)
	}
	delete(linux, "seccomp")
	if spec["linux"], err = json.Marshal(linux); err != nil {
		return fmt.Errorf("writing the bundle: %w", err)
	}
	if data, err = json.Marshal(spec); err != nil {
		return fmt.Errorf("writing the bundle: %w", err)
	}
	if err := os.WriteFile(name, data, 0o600); err != nil {
		return fmt.Errorf("writing the bundle: %w", err)
	}
	return nil
}
