//go:build linux

package server

import (
	"time"

	"github.com/moby/buildkit/cmd/buildkitd/config"
)

// Options is what a server needs to know. Root, Runtime and Build are required.
type Options struct {
	Root     string        // state directory, exclusively ours while the server lives
	Idle     time.Duration // exit after this long without clients; 0 or less means never
	Frontend string        // what to do with `# syntax=` by default: "auto", "builtin" or "image"; empty means "auto"

	Runtime Runtime // the OCI runtime that runs the containers

	// Rootless says that the server is root only inside a user namespace.
	Rootless bool
	// SingleID says that the user namespace maps one id only, so that files
	// of other owners cannot be created in it.
	SingleID bool

	Version string // version of bake, shown to people
	Build   string // identity of the executable, compared by clients

	// File is the content of buildkitd.toml; the zero value means defaults.
	File config.Config
	// Entitlements are granted in addition to those of File.
	Entitlements []string
	// Snapshotter overrides the one of File: "auto", "overlayfs",
	// "fuse-overlayfs" or "native".
	Snapshotter string
}

// Runtime describes the OCI runtime in use.
type Runtime struct {
	Path    string // executable, absolute
	Seccomp bool   // whether it can apply a seccomp profile
	Own     bool   // whether it is the one inside this executable
	Behind  string // the real runtime, if Path only stands before it
}
