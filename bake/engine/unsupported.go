//go:build !linux

package engine

import (
	"context"

	"github.com/docker/buildx/builder"
	"github.com/moby/buildkit/client"
)

// DriverName is the name of the engine among buildx's drivers. It is not
// registered on this system.
const DriverName = "embedded"

// Main returns: no process of an engine can be started here.
func Main() {}

// Nodes returns [ErrUnsupported].
func Nodes(Config) ([]builder.Node, error) { return nil, ErrUnsupported }

// Client returns [ErrUnsupported].
func Client(context.Context, Config) (*client.Client, error) { return nil, ErrUnsupported }

// Start returns [ErrUnsupported].
func Start(context.Context, Config) error { return ErrUnsupported }

// Stop returns [ErrUnsupported].
func Stop(context.Context, Config) error { return ErrUnsupported }

// Serve returns [ErrUnsupported].
func Serve(context.Context, Config) error { return ErrUnsupported }

// Status returns [ErrUnsupported].
func Status(context.Context, Config) (State, error) { return State{}, ErrUnsupported }
