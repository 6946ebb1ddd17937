// Package server is the BuildKit server side of the embedded engine: one OCI
// worker, the Dockerfile and gateway frontends, the cache backends and the
// gRPC services, put together from BuildKit's public pieces.
//
// The package knows nothing of processes, sockets on disk or locks; the caller
// (package engine) owns the state directory exclusively, stands in a mount
// namespace of its own, and hands over a listener. Linux only.
package server
