package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"bake/bake/submit/failure"
	"bake/bake/submit/progress"

	"github.com/docker/buildx/builder"
)

// stragglerPatience is how long a remote node may take to answer when another
// node of the builder does.
const stragglerPatience = 5 * time.Second

// Cluster is the nodes of a builder. It connects to those that are used.
type Cluster struct {
	nodes    []builder.Node
	progress *progress.Tracker
	network  connector
	patience time.Duration

	mu        sync.Mutex
	connected map[int]*Node
	down      map[int]error // nodes that cannot be used
}

// connector connects to a node. The second context is that of the connection.
type connector func(_, lasting context.Context, _ builder.Node, _ *progress.Tracker) (*Node, error)

// NewCluster is made of the nodes of a builder. None is connected yet.
func NewCluster(nodes []builder.Node, p *progress.Tracker) (*Cluster, error) {
	c := &Cluster{nodes: nodes, progress: p, network: connect, patience: stragglerPatience, connected: map[int]*Node{}, down: map[int]error{}}
	for i, n := range nodes {
		switch {
		case n.Err != nil:
			c.lose(i, &failure.UnreachableError{Err: fmt.Errorf("builder %s: %w", n.Builder, n.Err)})
		case n.Driver == nil:
			c.lose(i, errNoBuilder)
		}
	}
	return c, c.check()
}

var errNoBuilder = errors.New("there is no builder to build on")

// lose notes that a node cannot be used.
func (c *Cluster) lose(i int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down[i] = err
}

// check returns an error if no node is left.
func (c *Cluster) check() error {
	if len(c.down) < len(c.nodes) {
		return nil
	}
	for _, i := range slices.Sorted(maps.Keys(c.down)) {
		return c.down[i]
	}
	return errNoBuilder
}

func (c *Cluster) all() []int {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []int
	for i := range c.nodes {
		if c.down[i] == nil {
			list = append(list, i)
		}
	}
	return list
}

// connect connects to nodes, all at once. It fails if none is left.
//
// Drivers wait long for a BuildKit that may be about to start. When others of
// the builder answer that is not worth it, and when none does in good time, the
// nodes that are not on the list are tried, too.
func (c *Cluster) connect(ctx context.Context, list []int) error {
	var group, more sync.WaitGroup
	answered, answer := context.WithCancel(ctx)
	defer answer()
	late, cancel := context.WithTimeoutCause(ctx, c.patience, errStraggler)
	defer cancel()
	for _, i := range list {
		group.Go(func() { c.try(ctx, answered, late, answer, i) })
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		group.Wait()
	}()
	select {
	case <-done:
	case <-late.Done():
		if answered.Err() == nil && c.remote(list[0]) {
			for _, i := range c.all() {
				if !slices.Contains(list, i) {
					more.Go(func() { c.try(ctx, answered, late, answer, i) })
				}
			}
		}
	}
	more.Wait()
	<-done
	if err := c.check(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// errStraggler is why a node is given up.
var errStraggler = errors.New("it does not answer, and another node does")

// try connects to a node, unless that is done. It gives up when it is late and
// another node has answered, but only on a remote node: others may have to be
// started first, which takes its time.
func (c *Cluster) try(ctx, answered, late context.Context, answer func(), i int) {
	c.mu.Lock()
	known := c.connected[i] != nil
	c.mu.Unlock()
	if known {
		answer()
		return
	}
	own, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if c.remote(i) {
		undo := context.AfterFunc(late, func() {
			context.AfterFunc(answered, func() { cancel(errStraggler) })
		})
		defer undo()
	}
	n, err := c.network(own, ctx, c.nodes[i], c.progress)
	if err != nil {
		if ctx.Err() == nil && own.Err() != nil {
			err = &failure.UnreachableError{Err: context.Cause(own)}
		}
		c.lose(i, err)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n.further = i > 0
	c.connected[i] = n
	answer()
}

// remote reports whether somebody else starts a node.
func (c *Cluster) remote(i int) bool {
	d := c.nodes[i].Driver
	return d != nil && d.Factory().Name() == RemoteDriver
}

// warnLost tells which nodes the run does without.
func (c *Cluster) warnLost() {
	for _, i := range slices.Sorted(maps.Keys(c.down)) {
		c.progress.Warn(fmt.Sprintf("node %s is not used: %v", c.name(i), c.down[i]))
	}
}

// name is what a node is called, and where it is.
func (c *Cluster) name(i int) string {
	if c.nodes[i].Endpoint == "" {
		return c.nodes[i].Name
	}
	return fmt.Sprintf("%s (%s)", c.nodes[i].Name, c.nodes[i].Endpoint)
}

// Disconnect closes what the nodes opened besides their first connection.
func (c *Cluster) Disconnect() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.connected {
		n.disconnect()
	}
}
