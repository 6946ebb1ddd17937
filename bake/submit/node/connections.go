package node

import (
	"context"
	"fmt"
	"sync"

	"bake/bake/submit/failure"

	"github.com/moby/buildkit/client"
)

// jobsPerConnection is how many jobs share one connection to Docker, which
// serves 250 streams on one, and lets those that follow wait. A job holds two
// to its end, and needs another for each call.
const jobsPerConnection = 60

// connections are further connections to the BuildKit inside Docker. All other
// engines serve any number of streams on one.
type connections struct {
	mu      sync.Mutex
	jobs    int
	current *client.Client
	open    []*client.Client
}

// Connection is the client for one more job of a node.
func (n *Node) Connection(ctx context.Context) (*client.Client, error) {
	if !n.Driver.IsMobyDriver() {
		return n.Client, nil
	}
	c := &n.connections
	c.mu.Lock()
	defer c.mu.Unlock()
	c.jobs++
	switch {
	case c.jobs <= jobsPerConnection:
		return n.Client, nil
	case c.jobs%jobsPerConnection != 1:
		return c.current, nil
	}
	// It outlives the job that opens it.
	further, err := n.Driver.UncachedClient(context.WithoutCancel(ctx))
	if err != nil {
		c.jobs--
		return nil, &failure.UnreachableError{Err: fmt.Errorf("cannot reach builder %s: %w", n.Builder, err)}
	}
	c.current = further
	c.open = append(c.open, further)
	return further, nil
}

// disconnect closes the further connections.
func (n *Node) disconnect() {
	n.connections.mu.Lock()
	defer n.connections.mu.Unlock()
	for _, c := range n.connections.open {
		_ = c.Close()
	}
	n.connections.open = nil
}
