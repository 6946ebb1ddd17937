package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"bake/bake/submit/failure"
	"bake/bake/submit/progress"

	"github.com/containerd/platforms"
	"github.com/docker/buildx/builder"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
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

// Share is what one node builds of a target.
type Share struct {
	Node      *Node
	Platforms []ocispecs.Platform // empty if the target names none
	Inner     bool                // only for targets that link to it: it has no outputs
}

// Place decides for each target, given by its platforms, which nodes build it.
// It decides like buildx: the nodes that were created for the platforms, if
// that settles all targets; else, for each platform, the node that fits best
// among all that answer, and the first for a platform that none claims to run.
// A node that does not answer is left out, with a warning.
func (c *Cluster) Place(ctx context.Context, targets [][]ocispecs.Platform) ([][]Share, error) {
	if len(c.nodes) == 1 {
		if err := c.connect(ctx, []int{0}); err != nil {
			return nil, err
		}
		return c.shares(targets, c.choose(targets, platforms.Only))
	}
	picked := c.choose(targets, platforms.OnlyStrict)
	if !slices.ContainsFunc(picked, func(p []int) bool { return slices.Contains(p, nobody) }) {
		if err := c.connect(ctx, c.used(picked)); err != nil {
			return nil, err
		}
	}
	if !c.ready(picked) {
		if err := c.connect(ctx, c.all()); err != nil {
			return nil, err
		}
		picked = c.choose(targets, platforms.Only)
	}
	c.warnLost()
	return c.shares(targets, picked)
}

// nobody stands for the node of a platform that no node claims to run.
const nobody = -1

// choose finds a node for every platform of every target. A target without
// platforms gets one for what it is to be built for: see native.
func (c *Cluster) choose(targets [][]ocispecs.Platform, match func(ocispecs.Platform) platforms.MatchComparer) [][]int {
	out := make([][]int, len(targets))
	for n, pp := range targets {
		if len(pp) == 0 {
			out[n] = []int{c.native(match)}
		}
		for _, p := range pp {
			out[n] = append(out[n], c.best(p, match))
		}
	}
	return out
}

// native is the node that builds what names no platform: the first. While that
// is down, it is one that builds for the same platform, which is known if the
// builder was created with it, and is taken to be that of this machine if not.
func (c *Cluster) native(match func(ocispecs.Platform) platforms.MatchComparer) int {
	if c.down[0] == nil {
		return 0
	}
	if pp := c.nodes[0].Platforms; len(pp) > 0 {
		return c.best(pp[0], match)
	}
	return c.best(platforms.DefaultSpec(), match)
}

// best is the node that fits a platform best, the first of several.
func (c *Cluster) best(p ocispecs.Platform, match func(ocispecs.Platform) platforms.MatchComparer) int {
	best := nobody
	var known ocispecs.Platform
	for i := range c.nodes {
		for _, have := range c.platforms(i) {
			if m := match(have); m.Match(p) && (best == nobody || m.Less(p, known)) {
				best, known = i, have
			}
		}
	}
	return best
}

// platforms are those of a node, as far as they are known.
func (c *Cluster) platforms(i int) []ocispecs.Platform {
	switch {
	case c.down[i] != nil:
		return nil
	case c.connected[i] != nil:
		return c.connected[i].Platforms
	}
	return c.nodes[i].Platforms
}

// ready reports whether every target has nodes that are connected.
func (c *Cluster) ready(picked [][]int) bool {
	for _, p := range picked {
		for _, i := range p {
			if i == nobody || c.connected[i] == nil {
				return false
			}
		}
	}
	return true
}

func (c *Cluster) used(picked [][]int) []int {
	list := slices.Concat(picked...)
	slices.Sort(list)
	return slices.Compact(list)
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

// shares groups the platforms of each target by node, in the order in which
// the nodes first appear.
func (c *Cluster) shares(targets [][]ocispecs.Platform, picked [][]int) ([][]Share, error) {
	out := make([][]Share, len(picked))
	for t, list := range picked {
		at := map[int]int{}
		for n, i := range list {
			if i == nobody {
				if len(c.down) > 0 {
					return nil, c.unserved(targets[t], n)
				}
				i = 0
			}
			if _, ok := at[i]; !ok {
				at[i] = len(out[t])
				out[t] = append(out[t], Share{Node: c.connected[i]})
			}
			if len(targets[t]) > 0 {
				s := &out[t][at[i]]
				s.Platforms = append(s.Platforms, targets[t][n])
			}
		}
	}
	return out, nil
}

// unserved is the error of a platform that only a node could build that is
// down, as far as is known.
func (c *Cluster) unserved(pp []ocispecs.Platform, n int) error {
	what := "targets without platforms"
	if len(pp) > 0 {
		what = platforms.FormatAll(pp[n])
	}
	var lost []string
	for _, i := range slices.Sorted(maps.Keys(c.down)) {
		lost = append(lost, fmt.Sprintf("%s: %v", c.name(i), c.down[i]))
	}
	return &failure.UnreachableError{Err: fmt.Errorf("no node of builder %s that answers builds for %s (%s)", c.nodes[0].Builder, what, strings.Join(lost, "; "))}
}

// Disconnect closes what the nodes opened besides their first connection.
func (c *Cluster) Disconnect() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.connected {
		n.disconnect()
	}
}
