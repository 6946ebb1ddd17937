//go:build linux

package server

import (
	"context"
	"time"

	"github.com/moby/buildkit/util/bklog"
	"github.com/moby/buildkit/util/disk"
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
	if err := s.prune(ctx); err != nil {
		bklog.G(ctx).Warn(err)
	}
	if err := s.worker.GarbageCollect(ctx); err != nil {
		bklog.G(ctx).Warnf("cannot collect garbage: %v", err)
	}
	return resp, err
}
