//go:build linux

package server

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	wlabel "github.com/moby/buildkit/worker/label"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// adminService is the name of the gRPC service by which bake manages its
// engine. Its messages are JSON in a string: it has two calls and both ends
// are the same program, which is not worth generated code.
const adminService = "bake.engine.v1.Admin"

// Report is what the engine says about itself.
type Report struct {
	Origin      Origin            `json:"origin"`
	BuildKit    string            `json:"buildkit"`    // version of BuildKit
	Uptime      time.Duration     `json:"uptime"`      // nanoseconds
	Idle        time.Duration     `json:"idle"`        // the configured idle time
	Clients     int               `json:"clients"`     // connected clients
	Calls       int               `json:"calls"`       // calls in flight
	Builds      int               `json:"builds"`      // solves in flight
	Snapshotter string            `json:"snapshotter"` // overlayfs, native
	Network     string            `json:"network"`     // host, cni
	Runtime     string            `json:"runtime"`     // path of the OCI runtime
	OwnRuntime  bool              `json:"own_runtime"`
	Seccomp     bool              `json:"seccomp"`
	Rootless    bool              `json:"rootless"`
	SingleID    bool              `json:"single_id"`
	Labels      map[string]string `json:"labels"` // of the worker

	Entitlements []string `json:"entitlements"` // that builds may be granted
}

// stopRequest asks the engine to stop.
type stopRequest struct {
	IfIdle bool   `json:"if_idle"` // only when no call is in flight
	Why    string `json:"why"`     // for the log
}

// stopReply tells whether the engine will stop.
type stopReply struct {
	Stopping bool `json:"stopping"`
	Builds   int  `json:"builds"`
}

func (s *Server) report() Report {
	u := s.activity.usage()
	labels := s.worker.Labels()
	return Report{
		Origin: s.opt.Origin, Entitlements: entitlements(s.opt), BuildKit: s.worker.BuildkitVersion().Version,
		Uptime: time.Since(s.started), Idle: s.opt.Idle,
		Clients: u.clients, Calls: u.calls, Builds: u.builds,
		Snapshotter: labels[wlabel.Snapshotter], Network: labels[wlabel.Network],
		Runtime: or(s.opt.Runtime.Behind, s.opt.Runtime.Path), OwnRuntime: s.opt.Runtime.Own, Seccomp: s.opt.Runtime.Seccomp,
		Rootless: s.opt.Rootless, SingleID: s.opt.SingleID, Labels: labels,
	}
}

func (s *Server) requestStop(r stopRequest) stopReply {
	u := s.activity.usage()
	if r.IfIdle && u.busy() {
		return stopReply{Builds: u.builds}
	}
	s.Stop(r.Why)
	return stopReply{Stopping: true, Builds: u.builds}
}

func registerAdmin(srv *grpc.Server, s *Server) {
	srv.RegisterService(&grpc.ServiceDesc{
		ServiceName: adminService,
		HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{
			{MethodName: "Report", Handler: jsonHandler(func(struct{}) Report { return s.report() })},
			{MethodName: "Stop", Handler: jsonHandler(s.requestStop)},
		},
	}, s)
}

// jsonHandler makes a gRPC method of a function over JSON values.
func jsonHandler[Q, A any](f func(Q) A) grpc.MethodHandler {
	return func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		var in wrapperspb.StringValue
		if err := decode(&in); err != nil {
			return nil, err
		}
		var q Q
		if err := json.Unmarshal([]byte(in.Value), &q); err != nil {
			return nil, status.Errorf(codes.InvalidArgument, "malformed request: %v", err)
		}
		out, err := json.Marshal(f(q))
		if err != nil {
			return nil, status.Errorf(codes.Internal, "cannot encode the answer: %v", err)
		}
		return wrapperspb.String(string(out)), nil
	}
}

// AskReport asks the engine on conn about itself.
func AskReport(ctx context.Context, conn grpc.ClientConnInterface) (Report, error) {
	return ask[Report](ctx, conn, "Report", struct{}{})
}

// AskStop asks the engine on conn to stop, or only if no call is in flight. It
// returns whether the engine agreed, and how many builds are running.
func AskStop(ctx context.Context, conn grpc.ClientConnInterface, ifIdle bool, why string) (stopping bool, builds int, err error) {
	r, err := ask[stopReply](ctx, conn, "Stop", stopRequest{IfIdle: ifIdle, Why: why})
	return r.Stopping, r.Builds, err
}

func ask[A any](ctx context.Context, conn grpc.ClientConnInterface, method string, q any) (A, error) {
	var a A
	in, err := json.Marshal(q)
	if err != nil {
		return a, fmt.Errorf("cannot encode the request: %w", err)
	}
	var out wrapperspb.StringValue
	if err := conn.Invoke(ctx, "/"+adminService+"/"+method, wrapperspb.String(string(in)), &out); err != nil {
		return a, err
	}
	if err := json.Unmarshal([]byte(out.Value), &a); err != nil {
		return a, fmt.Errorf("malformed answer from the engine: %w", err)
	}
	return a, nil
}
