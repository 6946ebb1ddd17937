//go:build linux

package server

import (
	"context"
	"sync"

	"github.com/moby/buildkit/util/resolver"
	"google.golang.org/grpc"
)

// stamp remembers a text.
type stamp struct {
	mu   sync.Mutex
	text string
}

// changed reports whether the text is another than the last.
func (s *stamp) changed(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.text
	s.text = text
	return before != text
}

// refresh makes BuildKit look anew how registries are reached if a certificate
// was put in its place since the last build. It would remember for minutes.
func (s *Server) refresh(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if isBuild(info.FullMethod) && s.certs.changed(s.opt.Registries.Stamp()) {
		resolver.DefaultPool.Clear()
	}
	return next(ctx, req)
}
