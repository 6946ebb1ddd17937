//go:build linux

package server

import (
	"context"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/stats"
)

// activity counts who uses the server. A client is a connection that has made
// a BuildKit call; asking how the engine is does not make one a client, so a
// monitor cannot keep the engine awake.
type activity struct {
	mu      sync.Mutex
	clients int       // connections of clients
	calls   int       // BuildKit calls in flight
	builds  int       // solves in flight
	last    time.Time // when the last client left, or the start
}

func newActivity() *activity { return &activity{last: time.Now()} }

type (
	connKey struct{}
	callKey struct{}
)

// connState is the state of one connection; the mutex of activity guards it.
type connState struct{ client bool }

// TagConn implements stats.Handler.
func (a *activity) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context {
	return context.WithValue(ctx, connKey{}, &connState{})
}

// HandleConn implements stats.Handler.
func (a *activity) HandleConn(ctx context.Context, s stats.ConnStats) {
	if _, end := s.(*stats.ConnEnd); !end {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if c, ok := ctx.Value(connKey{}).(*connState); ok && c.client {
		a.clients--
		a.last = time.Now()
	}
}

// TagRPC implements stats.Handler.
func (a *activity) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	if !countsAsUse(info.FullMethodName) {
		return ctx
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if c, ok := ctx.Value(connKey{}).(*connState); ok && !c.client {
		c.client = true
		a.clients++
	}
	a.calls++
	if isBuild(info.FullMethodName) {
		a.builds++
	}
	return context.WithValue(ctx, callKey{}, info.FullMethodName)
}

// HandleRPC implements stats.Handler.
func (a *activity) HandleRPC(ctx context.Context, s stats.RPCStats) {
	if _, end := s.(*stats.End); !end {
		return
	}
	method, ok := ctx.Value(callKey{}).(string)
	if !ok {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls--
	if isBuild(method) {
		a.builds--
	}
	a.last = time.Now()
}

func countsAsUse(method string) bool {
	return !strings.HasPrefix(method, "/"+adminService+"/") && !strings.HasPrefix(method, "/grpc.health.")
}

func isBuild(method string) bool { return strings.HasSuffix(method, ".Control/Solve") }

// usage is a snapshot of activity.
type usage struct{ clients, calls, builds int }

func (a *activity) usage() usage {
	a.mu.Lock()
	defer a.mu.Unlock()
	return usage{a.clients, a.calls, a.builds}
}

// busy reports whether a call is in flight: a connection alone is not work,
// its client dials again when the server goes away.
func (u usage) busy() bool { return u.calls > 0 }

// idleFor is how long no client has been connected, zero while one is.
func (a *activity) idleFor(now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.clients > 0 || a.calls > 0 {
		return 0
	}
	return now.Sub(a.last)
}
