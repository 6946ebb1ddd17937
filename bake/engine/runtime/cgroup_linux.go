//go:build cgo

package runtime

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/moby/sys/userns"
	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/cgroups/systemd"
	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/sirupsen/logrus"
	"golang.org/x/sys/unix"
)

// rootlessCgroups says whether failing to make cgroups is to be expected, and
// no error then.
func (g *globals) rootlessCgroups() (bool, error) {
	if g.rootless != "" && g.rootless != "auto" {
		v, err := strconv.ParseBool(g.rootless)
		if err != nil {
			return false, fmt.Errorf("--rootless is true, false or auto, not %q", g.rootless)
		}
		return v, nil
	}
	if os.Geteuid() != 0 {
		return true, nil
	}
	if !userns.RunningInUserNS() {
		return false, nil
	}
	if g.systemdCgroup {
		// A whole system in a user namespace has a systemd of its own, run by its root.
		uid, err := systemd.DetectUID()
		return err == nil && uid != 0, nil
	}
	return true, nil
}

// withoutCgroups takes from a spec what needs a cgroup, if that cannot be made,
// because cgroups are read-only, as they are in many containers, or belong to
// somebody else. It reports whether it did. A build without limits is better
// than none.
func withoutCgroups(spec *specs.Spec) bool {
	if spec.Linux == nil || spec.Linux.CgroupsPath == "" {
		return false
	}
	err := cgroupWritable(spec.Linux.CgroupsPath)
	if err == nil {
		return false
	}
	logrus.Warnf("no cgroup can be made here (%v): the container runs without limits", err)
	spec.Linux.CgroupsPath, spec.Linux.Resources = "", nil
	return true
}

// cgroupWritable asks for the nearest directory above path that exists. Only
// the hierarchy of devices, which no container can do without, is looked at if
// there are several.
func cgroupWritable(path string) error {
	root := "/sys/fs/cgroup"
	if !cgroups.IsCgroup2UnifiedMode() {
		root += "/devices"
	}
	for dir := filepath.Join("/", path); ; dir = filepath.Dir(dir) {
		err := unix.Access(root+dir, unix.W_OK)
		if err == unix.ENOENT && dir != "/" {
			continue
		}
		return err
	}
}
