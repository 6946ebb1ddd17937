package engine

import (
	"context"
	"sync"

	controlapi "github.com/moby/buildkit/api/services/control"
	"github.com/moby/buildkit/client"
	gatewayapi "github.com/moby/buildkit/frontend/gateway/pb"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// rememberAnswers lets a client ask only once what the engine always answers in
// the same way, though BuildKit's library asks for every job: which workers
// there are, and what a gateway can do.
func rememberAnswers() client.ClientOpt {
	known := map[string]*answer{
		controlapi.Control_ListWorkers_FullMethodName: {},
		gatewayapi.LLBBridge_Ping_FullMethodName:      {},
	}
	return client.WithGRPCDialOption(grpc.WithChainUnaryInterceptor(
		func(ctx context.Context, method string, req, reply any, c *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
			ask := func() error { return invoke(ctx, method, req, reply, c, opts...) }
			if a := known[method]; a != nil {
				return a.fill(reply.(proto.Message), ask)
			}
			return ask()
		}))
}

// answer is what was answered to the first call of a method.
type answer struct {
	mu      sync.Mutex
	message proto.Message // nil if there is none yet
}

// fill sets reply to the answer, or asks.
func (a *answer) fill(reply proto.Message, ask func() error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.message != nil {
		proto.Merge(reply, a.message)
		return nil
	}
	if err := ask(); err != nil {
		return err
	}
	a.message = proto.Clone(reply)
	return nil
}
