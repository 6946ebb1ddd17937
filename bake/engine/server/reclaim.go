//go:build linux

package server

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/moby/buildkit/client"
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
	if free, scarce := s.scarce(); scarce {
		bklog.G(ctx).Warnf("only %d bytes are free on the disk of %s: cleaning up", free, s.opt.Root)
		s.clean(context.WithoutCancel(ctx))
		select {
		case s.filled <- struct{}{}:
		default: // somebody said so before
		}
	}
	return resp, err
}

// scarce reports whether the disk is nearly full, and how many bytes are free.
func (s *Server) scarce() (free int64, yes bool) {
	stat, err := disk.GetDiskStat(s.opt.Root)
	return stat.Available, err == nil && stat.Available <= scarce
}

// again is when is cleaned up once more after a build has failed: the processes
// of a step that was cancelled are killed after the build has ended.
var again = []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

// cleanAgain cleans up after builds that filled the disk, and what the last
// engine has left on a full one, until ctx ends.
func (s *Server) cleanAgain(ctx context.Context) {
	if _, scarce := s.scarce(); scarce {
		s.clean(ctx)
	}
	for {
		select {
		case <-s.filled:
		case <-ctx.Done():
			return
		}
		for _, wait := range again {
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return
			}
			if _, scarce := s.scarce(); !scarce {
				break
			}
			if s.clean(ctx); s.stuck(ctx) {
				s.Stop("the disk is full, and of what a cancelled build has left only the next engine can get rid")
				return
			}
		}
	}
}

// stuck reports whether something is in use though nobody uses the engine. It
// is the result of a step that was cancelled: BuildKit forgets to let go of it,
// so it takes space until the process ends.
func (s *Server) stuck(ctx context.Context) bool {
	if s.activity.usage().busy() {
		return false
	}
	records, err := s.worker.DiskUsage(ctx, client.DiskUsageInfo{})
	if err != nil || s.activity.usage().busy() {
		return false
	}
	return slices.ContainsFunc(records, func(r *client.UsageInfo) bool { return r.InUse })
}

// clean removes what may be removed.
func (s *Server) clean(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, reclaimTime)
	defer cancel()
	releaseReserve(s.opt.Root)
	defer keepReserve(s.opt.Root)
	closeForgotten()
	if err := s.prune(ctx); err != nil {
		bklog.G(ctx).Warn(err)
	}
	if err := s.worker.GarbageCollect(ctx); err != nil {
		bklog.G(ctx).Warnf("cannot collect garbage: %v", err)
	}
	closeForgotten()
}

// closeForgotten closes files that nothing refers to any more. The receiver of
// build contexts forgets the file it was writing when the disk became full, and
// a file that is open takes space even after it was removed. Closing it is left
// to Go's garbage collector, which has no reason to hurry; it has done so some
// moments after a run. So it is with results that only an error held on to.
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
