//go:build cgo

package runtime

import (
	"fmt"
	"os"
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

// withoutCgroups takes from a spec what needs a cgroup, if none can be made
// because they are all read-only, as they are in many containers. It reports
// whether it did. A build without limits is better than none.
func withoutCgroups(spec *specs.Spec) bool {
	if spec.Linux == nil || !readOnlyCgroups() {
		return false
	}
	logrus.Warn("cgroups are read-only here: the container runs without limits")
	spec.Linux.CgroupsPath, spec.Linux.Resources = "", nil
	return true
}

func readOnlyCgroups() bool {
	path := "/sys/fs/cgroup"
	if !cgroups.IsCgroup2UnifiedMode() {
		path += "/devices" // the one that no container may lack
	}
	var st unix.Statfs_t
	return unix.Statfs(path, &st) == nil && st.Flags&unix.ST_RDONLY != 0
}
