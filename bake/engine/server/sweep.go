//go:build linux

package server

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/buildkit/util/bklog"
	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
)

// CgroupParent is the cgroup under which the containers of this state
// directory run: one of our own, so that what a killed engine left in it can
// be swept without touching other BuildKits of the machine.
func CgroupParent(opt Options) string {
	if p := opt.File.Workers.OCI.DefaultCgroupParent; p != "" {
		return p
	}
	sum := sha256.Sum256([]byte(opt.Root))
	return "bake-" + hex.EncodeToString(sum[:4])
}

// sweepExecutor removes the bundles, hosts and resolv.conf files that a killed
// engine left. The caller holds the lock, so nothing in there is in use. Mounts
// can only be left by an engine that had no mount namespace of its own; they
// are detached first, else removing a bundle would reach into the snapshot.
func sweepExecutor(dir string) {
	mounts, err := mountinfo.GetMounts(mountinfo.PrefixFilter(dir))
	if err != nil {
		bklog.L.Warnf("cannot list mounts, leftovers of the last engine stay: %v", err)
		return
	}
	for i := len(mounts) - 1; i >= 0; i-- {
		if err := unix.Unmount(mounts[i].Mountpoint, unix.MNT_DETACH); err != nil {
			bklog.L.Warnf("cannot unmount %s, leftovers of the last engine stay: %v", mounts[i].Mountpoint, err)
			return
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // the first start: nothing there yet
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			bklog.L.Warnf("cannot remove a leftover of the last engine: %v", err)
		}
	}
}

// SweepCgroups removes the empty cgroups below the engine's parent, in every
// hierarchy. A cgroup with processes in it cannot be removed, so this never
// disturbs a container.
func SweepCgroups(opt Options) {
	if opt.File.Workers.OCI.DefaultCgroupParent != "" {
		return // not ours alone
	}
	name := CgroupParent(opt)
	const top = "/sys/fs/cgroup"
	roots := []string{filepath.Join(top, name)}
	entries, err := os.ReadDir(top)
	if err != nil {
		return
	}
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			roots = append(roots, filepath.Join(top, e.Name(), name))
		}
	}
	for _, root := range roots {
		removeCgroups(root)
	}
}

// removeCgroups removes root and the cgroups below it, children first. The
// files inside a cgroup go away with it.
func removeCgroups(root string) {
	var dirs []string
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		return nil
	})
	for i := len(dirs) - 1; i >= 0; i-- {
		_ = unix.Rmdir(dirs[i])
	}
}
