package node

import (
	"slices"

	"bake/bake"

	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Spread adds to the targets that others link to what these need of them: a
// result can only be used on the node that has it. Consumers stand after their
// producers in the plan, so going backwards finds all needs of a producer
// before its own.
func Spread(p *bake.Plan, wanted [][]ocispecs.Platform, placed [][]Share) {
	index := map[*bake.Target]int{}
	for n, t := range p.Targets {
		index[t] = n
	}
	for n := len(p.Targets) - 1; n >= 0; n-- {
		for _, l := range p.Targets[n].Links {
			producer, ok := index[l.Target]
			if !ok {
				continue // bind says so
			}
			for _, s := range placed[n] {
				placed[producer] = need(placed[producer], wanted[producer], s)
			}
		}
	}
}

// need adds to the shares of a producer, which was made for the platforms of
// all, what the share of a consumer needs: those of the platforms that the
// consumer builds for or, if none is in common, that its node runs.
func need(shares []Share, all []ocispecs.Platform, consumer Share) []Share {
	var common []ocispecs.Platform
	for _, p := range all {
		if slices.ContainsFunc(consumer.Platforms, platforms.OnlyStrict(p).Match) {
			common = append(common, p)
		}
	}
	if len(common) == 0 {
		common = runnable(consumer.Node, all)
	}
	for n := range shares {
		s := &shares[n]
		if s.Node != consumer.Node {
			continue
		}
		if !s.Inner {
			return shares // a platform is on one node only: what it lacks is not to be had
		}
		for _, p := range common {
			if !slices.ContainsFunc(s.Platforms, platforms.OnlyStrict(p).Match) {
				s.Platforms = append(s.Platforms, p)
			}
		}
		return shares
	}
	return append(shares, Share{Node: consumer.Node, Platforms: slices.Clone(common), Inner: true})
}

// runnable are the platforms that a node runs, or all if it runs none.
func runnable(n *Node, all []ocispecs.Platform) []ocispecs.Platform {
	var out []ocispecs.Platform
	for _, p := range all {
		if slices.ContainsFunc(n.Platforms, func(have ocispecs.Platform) bool { return platforms.Only(have).Match(p) }) {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return all
	}
	return out
}
