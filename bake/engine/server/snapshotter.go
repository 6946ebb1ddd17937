//go:build linux

package server

import (
	"fmt"
	"os"
	"path/filepath"

	ctdsnapshot "github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/plugins/snapshots/native"
	"github.com/containerd/containerd/v2/plugins/snapshots/overlay"
	"github.com/containerd/containerd/v2/plugins/snapshots/overlay/overlayutils"
	fuseoverlayfs "github.com/containerd/fuse-overlayfs-snapshotter/v2"
	"github.com/moby/buildkit/util/bklog"
)

// Names of the snapshotters the engine knows.
const (
	snapshotterAuto    = "auto"
	snapshotterOverlay = "overlayfs"
	snapshotterFuse    = "fuse-overlayfs"
	snapshotterNative  = "native"
)

// chooseSnapshotter opens the configured snapshotter, or the best one the file
// system under the state directory supports: overlayfs, else the same outside of
// the kernel, else plain copies.
func chooseSnapshotter(opt Options) (string, ctdsnapshot.Snapshotter, error) {
	name := opt.Snapshotter
	if name == "" {
		name = opt.File.Workers.OCI.Snapshotter
	}
	if name == "" || name == snapshotterAuto {
		name = bestSnapshotter(opt.Root)
	}
	dir := filepath.Join(workerRoot(opt.Root, name), "snapshots")
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return "", nil, fmt.Errorf("cannot make the snapshot directory: %w", err)
	}
	if err := removeOrphans(dir); err != nil {
		bklog.L.Warnf("what an engine that was killed has left stays: %v", err)
	}
	s, err := openSnapshotter(name, dir)
	if err != nil {
		return "", nil, fmt.Errorf("cannot open the %s snapshotter: %w", name, err)
	}
	return name, s, nil
}

func bestSnapshotter(root string) string {
	kernel := overlayutils.Supported(root)
	if kernel == nil {
		return snapshotterOverlay
	}
	fuse := fuseoverlayfs.Supported(root)
	if fuse == nil {
		bklog.L.Warnf("overlayfs cannot be used, fuse-overlayfs is used instead: %v", kernel)
		return snapshotterFuse
	}
	bklog.L.Warnf("neither overlayfs (%v) nor fuse-overlayfs (%v) can be used, files are copied instead, which is slower and needs more disk", kernel, fuse)
	return snapshotterNative
}

func openSnapshotter(name, dir string) (ctdsnapshot.Snapshotter, error) {
	switch name {
	case snapshotterOverlay, "overlay":
		return overlay.NewSnapshotter(dir, overlay.AsynchronousRemove)
	case snapshotterFuse:
		return fuseoverlayfs.NewSnapshotter(dir)
	case snapshotterNative:
		return native.NewSnapshotter(dir)
	}
	return nil, fmt.Errorf("unknown snapshotter %q, use auto, overlayfs, fuse-overlayfs or native", name)
}
