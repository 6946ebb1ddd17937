//go:build linux

package server

import (
	"context"
	"fmt"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/bklog"
)

// pruneTime bounds the pruning before an idle exit.
const pruneTime = time.Minute

// watchIdle closes idle once nobody has used the server for the idle time.
// The cache is pruned first: BuildKit prunes at most once a minute, so an
// engine that lives for short builds only would never do it.
func (s *Server) watchIdle(ctx context.Context, idle chan<- struct{}) {
	if s.opt.Idle <= 0 {
		return
	}
	for {
		wait := s.opt.Idle - s.activity.idleFor(time.Now())
		if wait <= 0 {
			if err := s.prune(ctx); err != nil {
				bklog.L.Warnf("cannot prune the cache: %v", err)
			}
			if ctx.Err() != nil {
				return
			}
			if s.activity.idleFor(time.Now()) >= s.opt.Idle {
				close(idle)
				return
			}
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// prune removes what the garbage collection policy does not want to keep.
func (s *Server) prune(ctx context.Context) error {
	policy := s.worker.GCPolicy()
	if len(policy) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, pruneTime)
	defer cancel()
	var freed int64
	removed := make(chan client.UsageInfo)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for r := range removed {
			freed += r.Size
		}
	}()
	err := s.worker.Prune(ctx, removed, policy...)
	close(removed)
	<-done
	if err != nil {
		return fmt.Errorf("garbage collection: %w", err)
	}
	if freed > 0 {
		bklog.L.Infof("pruned %d bytes of cache", freed)
	}
	return nil
}
