// Package engine is the BuildKit that bake carries: the server side of BuildKit
// as a background process of the same executable, started when it is needed.
//
// An engine belongs to one user and one state directory. Its life:
//
//   - A client dials the unix socket. When nobody answers, it starts the
//     executable again as "bake engine serve" in its own session and waits for
//     "ready" on a pipe.
//   - The engine takes a lock in the state directory, so there is never more
//     than one; who comes second is told so and dials again. Lock and socket
//     are the kernel's and the engine's: a killed engine leaves nothing that
//     stops the next one.
//   - It runs in its own PID and mount namespace, so that no container and no
//     mount outlives it, however it ends.
//   - It exits after an idle time, and when it is idle and a client wants
//     another: of its own version of bake, or with another configuration. One
//     that [Serve] runs in the foreground is never replaced.
//
// The state directory has mode 0700 and the socket 0600; both must belong to
// the caller, and both ends check the credentials of the other.
//
// To clients it is one more buildx driver, called "embedded": see [Nodes].
package engine

import (
	"errors"
	"time"
)

// ErrUnsupported is returned by everything that needs an engine on systems
// other than Linux.
var ErrUnsupported = errors.New("the embedded engine runs on Linux only: choose another builder with --builder or $BUILDKIT_HOST")

// Environment variables that [Default] reads.
const (
	EnvDir          = "BAKE_ENGINE_DIR"          // state directory
	EnvSocket       = "BAKE_ENGINE_SOCKET"       // unix socket
	EnvIdle         = "BAKE_ENGINE_IDLE"         // idle time, such as "10m"; "0" means never exit
	EnvRuntime      = "BAKE_ENGINE_RUNTIME"      // OCI runtime: a path, or a name on PATH
	EnvFile         = "BAKE_ENGINE_CONFIG"       // a buildkitd.toml
	EnvSnapshotter  = "BAKE_ENGINE_SNAPSHOTTER"  // auto, overlayfs, fuse-overlayfs or native
	EnvEntitlements = "BAKE_ENGINE_ENTITLEMENTS" // comma separated, such as "network.host,security.insecure"
)

// DefaultIdle is how long an engine lives without clients.
const DefaultIdle = 10 * time.Minute

// Config says where an engine lives and how it is to be started. The part that
// describes how only matters to an engine that is not running yet. Take it from
// [Default] and change what is needed.
type Config struct {
	Dir    string // state directory, absolute
	Socket string // unix socket; empty means in Dir

	Idle         time.Duration // exit after this long without clients; 0 means never
	Runtime      string        // OCI runtime: a path, or a name on PATH; empty means the one inside bake
	File         string        // buildkitd.toml; empty means where Default found one, if at all
	Certificates []string      // directories of what is known of registries, such as /etc/docker/certs.d
	Snapshotter  string        // auto, overlayfs, fuse-overlayfs or native; empty means what File says
	Entitlements []string      // granted in addition to those of File

	Version string // version of bake; an idle engine of another version is replaced

	// Notify, if not nil, is told in one line what happens to the engine:
	// that it was started, replaced, or is of another version and busy.
	Notify func(text string)

	announced bool // somebody else shows that the engine starts, and how long it takes

	foreground bool // for the engine process: it is looked after by [Serve]
}

func (c Config) notify(text string) {
	if c.Notify != nil {
		c.Notify(text)
	}
}

// State describes the engine of a [Config].
type State struct {
	Running bool   // the rest, up to LogFile, is only known when it runs
	PID     int    // as seen by the caller
	Version string // version of bake
	Build   string // identity of the executable
	// Current tells whether the engine is what the caller would start now. If
	// not, Outdated says why.
	Current  bool
	Outdated string
	BuildKit string        // version of BuildKit
	Uptime   time.Duration // since it began to serve
	Idle     time.Duration // configured idle time, 0 means never
	Clients  int           // connected clients
	Builds   int           // solves in flight

	Snapshotter  string   // overlayfs, fuse-overlayfs or native
	Network      string   // host or cni
	Runtime      string   // path of the OCI runtime
	OwnRuntime   bool     // whether that is the one inside bake
	Seccomp      bool     // whether containers get a seccomp profile
	Foreground   bool     // run by somebody's `bake engine serve`
	Entitlements []string // that builds may be granted
	Rootless     bool
	SingleID     bool              // rootless with one id only: files of other owners cannot be made
	Labels       map[string]string // labels of the worker

	Dir      string
	Socket   string
	LogFile  string
	DiskUsed int64 // bytes below Dir
}
