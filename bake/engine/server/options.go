//go:build linux

package server

import (
	"time"

	"bake/bake/engine/registries"

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

	Origin Origin // what clients compare to see whether this is the engine they want

	// Registries is how registries are reached.
	Registries registries.Settings

	// File is the content of buildkitd.toml; the zero value means defaults.
	File config.Config
	// Entitlements are granted in addition to those of File.
	Entitlements []string
	// Snapshotter overrides the one of File: "auto", "overlayfs",
	// "fuse-overlayfs" or "native".
	Snapshotter string
}

// Origin says from what and how a server was started.
type Origin struct {
	Version    string `json:"version"`    // version of bake, shown to people
	Build      string `json:"build"`      // identity of the executable
	Runtime    string `json:"runtime"`    // the OCI runtime that was asked for, empty if none was
	FileSum    string `json:"file_sum"`   // digest of buildkitd.toml, empty if there is none
	Foreground bool   `json:"foreground"` // started by somebody who looks after it
}

// Runtime describes the OCI runtime in use.
type Runtime struct {
	Path    string // executable, absolute
	Seccomp bool   // whether it can apply a seccomp profile
	Own     bool   // whether it is the one inside this executable
	Behind  string // the real runtime, if Path only stands before it
}
