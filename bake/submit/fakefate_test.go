package submit

import (
	"context"
	"fmt"
	"sync"

	"google.golang.org/grpc"
)

// juncture is one at which a fake engine may go away: when it is called for the
// nth time, or when it has done what it was to do, but has not answered. That of
// a stream is late when it has said the first thing.
type juncture struct {
	method string
	nth    int
	late   bool
}

func (m juncture) String() string {
	if m.late {
		return fmt.Sprintf("during %s %d", m.method, m.nth)
	}
	return fmt.Sprintf("at %s %d", m.method, m.nth)
}

// fate is what becomes of a fake engine. It notes all moments that there are.
type fate struct {
	at juncture // when it goes away, never if this is empty

	mu    sync.Mutex
	calls map[string]int
	seen  []juncture
	met   bool
	end   func()
}

func (f *fate) take(end func()) {
	if f != nil {
		f.calls, f.end = map[string]int{}, end
	}
}

func (f *fate) options() []grpc.ServerOption {
	if f == nil {
		return nil
	}
	return []grpc.ServerOption{
		grpc.UnaryInterceptor(func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
			late := f.call(ctx, info.FullMethod)
			out, err := handle(ctx, req)
			f.come(ctx, late)
			return out, err
		}),
		grpc.StreamInterceptor(func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
			late := f.call(stream.Context(), info.FullMethod)
			return handle(srv, &fatedStream{ServerStream: stream, fate: f, late: late})
		}),
	}
}

// fatedStream may end with what it says.
type fatedStream struct {
	grpc.ServerStream
	fate *fate
	late juncture
	once sync.Once
}

func (s *fatedStream) SendMsg(m any) error {
	err := s.ServerStream.SendMsg(m)
	s.once.Do(func() { s.fate.come(s.Context(), s.late) })
	return err
}

// call notes a call, which may be fatal, and returns when it is late.
func (f *fate) call(ctx context.Context, method string) juncture {
	f.mu.Lock()
	f.calls[method]++
	early, late := juncture{method, f.calls[method], false}, juncture{method, f.calls[method], true}
	f.mu.Unlock()
	f.come(ctx, early)
	return late
}

// come ends the engine if it is time for that, and then does not return before the
// connection has ended.
func (f *fate) come(ctx context.Context, now juncture) {
	f.mu.Lock()
	f.seen = append(f.seen, now)
	f.met = f.met || now == f.at
	f.mu.Unlock()
	if now != f.at {
		return
	}
	f.end()
	<-ctx.Done()
}

func (f *fate) struck() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.met
}
