//go:build linux

package server

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/moby/buildkit/util/bklog"
	"github.com/moby/buildkit/util/disk"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
)

// scarce is the free space below which a failed build is taken to have failed
// because of it.
const scarce = 64 << 20

// reclaimTime bounds the cleaning after a build that filled the disk.
const reclaimTime = 30 * time.Second

// reclaim frees what a failed build left behind when the disk is full. BuildKit
// collects garbage a minute later, and until then no build would work.
func (s *Server) reclaim(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	resp, err := next(ctx, req)
	if err == nil || !isBuild(info.FullMethod) {
		return resp, err
	}
	stat, statErr := disk.GetDiskStat(s.opt.Root)
	if statErr != nil || stat.Available > scarce {
		return resp, err
	}
	bklog.G(ctx).Warnf("only %d bytes are free on the disk of %s: cleaning up", stat.Available, s.opt.Root)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reclaimTime)
	defer cancel()
	releaseReserve(s.opt.Root)
	defer keepReserve(s.opt.Root)
	if err := s.prune(ctx); err != nil {
		bklog.G(ctx).Warn(err)
	}
	if err := s.worker.GarbageCollect(ctx); err != nil {
		bklog.G(ctx).Warnf("cannot collect garbage: %v", err)
	}
	closeForgotten()
	return resp, err
}

// closeForgotten closes files that nothing refers to any more. The receiver of
// build contexts forgets the file it was writing when the disk became full, and
// a file that is open takes space even after it was removed. Closing it is left
// to Go's garbage collector, which has no reason to hurry; it has done so some
// moments after a run.
func closeForgotten() {
	for range 3 {
		runtime.GC()
		time.Sleep(20 * time.Millisecond)
	}
}

// reserve is the size of a file that only takes space: to free any on a full
// disk, databases have to write.
const reserve = 4 << 20

func reserveFile(root string) string { return filepath.Join(root, "reserve") }

func releaseReserve(root string) {
	if err := os.Remove(reserveFile(root)); err != nil && !errors.Is(err, os.ErrNotExist) {
		bklog.L.Warnf("cannot free the reserve on the disk: %v", err)
	}
}

// keepReserve makes the reserve if it is not there and if there is space. An
// engine works without.
func keepReserve(root string) {
	stat, err := disk.GetDiskStat(root)
	if err != nil || stat.Available < 2*reserve {
		return
	}
	f, err := os.OpenFile(reserveFile(root), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	_ = unix.Fallocate(int(f.Fd()), 0, 0, reserve)
}
