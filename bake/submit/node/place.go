package node

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bake/bake/submit/failure"

	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

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
