//go:build cgo

package runtime

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/sys/user"
	"github.com/opencontainers/runc/libcontainer/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/opencontainers/selinux/go-selinux"
)

// loadBundle reads the config.json of a bundle and changes into its directory,
// which relative paths in it refer to. An empty dir is the working directory.
func loadBundle(dir string) (*specs.Spec, error) {
	if dir != "" {
		if err := os.Chdir(dir); err != nil {
			return nil, err
		}
	}
	data, err := os.ReadFile("config.json")
	if err != nil {
		return nil, fmt.Errorf("reading the bundle: %w", err)
	}
	var spec *specs.Spec
	if err := json.Unmarshal(data, &spec); err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	if spec == nil {
		return nil, errors.New("config.json is null")
	}
	return spec, checkProcess(spec.Process)
}

func checkProcess(p *specs.Process) error {
	switch {
	case p == nil:
		return errors.New("no process is given")
	case !filepath.IsAbs(p.Cwd):
		return fmt.Errorf("the working directory of the process %q is not an absolute path", p.Cwd)
	case len(p.Args) == 0:
		return errors.New("the process has no arguments, not even its name")
	case p.SelinuxLabel != "" && !selinux.GetEnabled():
		return errors.New("the process has an SELinux label, but SELinux is not enabled here")
	}
	return nil
}

// adapt takes out of a spec what cannot work here, where the container is
// better off without it than not running at all.
func adapt(spec *specs.Spec) error {
	if spec.Linux != nil && !seccomp.Enabled {
		spec.Linux.Seccomp = nil
	}
	for i, m := range spec.Mounts {
		if m.Type != "devpts" {
			continue
		}
		options, err := mappedOptions(m.Options, user.CurrentProcessUIDMap, user.CurrentProcessGIDMap)
		if err != nil {
			return err
		}
		spec.Mounts[i].Options = options
	}
	return nil
}

// mappedOptions drops the uid= and gid= options of a mount that name an id
// which does not exist in this user namespace: the kernel refuses such a mount
// with EINVAL. With a single id mapped, that is the usual gid=5 of devpts.
func mappedOptions(options []string, uids, gids func() ([]user.IDMap, error)) ([]string, error) {
	var failed error
	kept := slices.DeleteFunc(slices.Clone(options), func(o string) bool {
		key, value, _ := strings.Cut(o, "=")
		var load func() ([]user.IDMap, error)
		switch key {
		case "uid":
			load = uids
		case "gid":
			load = gids
		default:
			return false
		}
		id, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return false // the kernel will say what is wrong
		}
		maps, err := load()
		if err != nil {
			failed = fmt.Errorf("reading the id maps of this user namespace: %w", err)
			return false
		}
		return !mapped(id, maps)
	})
	return kept, failed
}

func mapped(id int64, maps []user.IDMap) bool {
	return slices.ContainsFunc(maps, func(m user.IDMap) bool { return id >= m.ID && id < m.ID+m.Count })
}
