package submit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"bake/bake"
	"bake/bake/submit/failure"
	"bake/bake/submit/node"
	"bake/bake/submit/platform"
	"bake/bake/submit/progress"
	"bake/bake/submit/report"

	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// assembly is one target of the plan as the nodes build it: one request for
// each node that builds a part of it. Nearly always that is one.
type assembly struct {
	target    *bake.Target
	index     int // position in the plan
	platforms []ocispecs.Platform
	parts     []*request
	sameAs    *assembly    // an identical target earlier in the plan, whose parts stand for these
	err       error        // why failed is set
	failed    atomic.Bool  // nothing can be linked to it
	pending   atomic.Int32 // parts that are not done

	split     bool                          // its outputs come from several nodes
	images    map[int64]ocispecs.Descriptor // that the parts make together, by output
	merged    map[string]string             // what the exporters said about what the parts make together
	manifests []report.Manifest             // of the index that they make
	holding   bool                          // a part is being evaluated; guarded by the gate
	outside   bool                          // a part is not submitted, nor may be soon; guarded by the gate
}

// built are the requests whose outcome is that of the target.
func (a *assembly) built() []*request {
	if a.sameAs != nil {
		return a.sameAs.parts
	}
	return a.parts
}

// response is what the exporters said.
func (a *assembly) response() map[string]string {
	if a.split {
		return a.merged
	}
	return a.parts[0].outcome.response
}

// on is the part that a node builds, nil if it builds none.
func (a *assembly) on(n *node.Node) *request {
	for _, q := range a.built() {
		if q.node == n {
			return q
		}
	}
	return nil
}

// split reports whether the outputs come from several nodes.
func split(shares []node.Share) bool {
	outer := 0
	for _, s := range shares {
		if !s.Inner {
			outer++
		}
	}
	return outer > 1
}

// failure is why the target could not be built: the error of the part that
// failed by itself, if there is one. An echo only says that the run was ended.
func (a *assembly) failure() (err error, echo bool) {
	if len(a.built()) == 0 {
		return a.err, false
	}
	for _, q := range a.built() {
		skip := (*failure.SkippedError)(nil)
		weak := err == nil || echo || errors.As(err, &skip)
		if o := q.outcome; o.err != nil && weak {
			err, echo = o.err, o.echo
		}
	}
	return err, echo
}

// place decides which nodes build which targets.
func (r *run) place(ctx context.Context) ([][]node.Share, error) {
	wanted := make([][]ocispecs.Platform, len(r.plan.Targets))
	for n, t := range r.plan.Targets {
		wanted[n], _ = platform.Parse(t.Platforms) // prepare reports what is wrong with them
	}
	placed, err := r.cluster.Place(ctx, wanted)
	if err != nil {
		return nil, err
	}
	for n, t := range r.plan.Targets {
		if call, err := t.Asks(); err == nil && call != "" { // one answer will do
			placed[n] = []node.Share{{Node: placed[n][0].Node, Platforms: wanted[n]}}
		}
	}
	node.Spread(r.plan, wanted, placed)
	return placed, nil
}

// assemble makes the requests of t and connects them to those they link to.
func (r *run) assemble(ctx context.Context, t *bake.Target, index int, shares []node.Share, known map[*bake.Target]*assembly) (*assembly, error) {
	a := &assembly{target: t, index: index}
	var err error
	if a.platforms, err = platform.Parse(t.Platforms); err != nil {
		return a, err
	}
	a.split = split(shares)
	for _, s := range shares {
		q, err := r.prepare(ctx, a, s)
		if err == nil {
			err = q.bind(known)
		}
		if err != nil {
			return a, err
		}
		a.parts = append(a.parts, q)
	}
	a.pending.Store(int32(len(a.parts)))
	a.warnCaches(r.progress)
	warnLocalTwice(a.target, r.progress)
	return a, nil
}

// warnCaches tells of caches that the nodes of a target overwrite for each other.
func (a *assembly) warnCaches(p *progress.Tracker) {
	if !a.split {
		return
	}
	for _, c := range a.parts[0].cacheTo {
		if c.Type != "inline" {
			p.Warn(fmt.Sprintf("%s: several nodes export their %s cache to the same place, where only that of one will be: build each platform by a target with a cache-to of its own", a.target.Name, c.Type))
		}
	}
}

// fingerprint is equal for targets that make the engines do the same. It is
// empty for one that cannot be shared, as it streams back to the client.
func (a *assembly) fingerprint() string {
	text := ""
	for _, q := range a.parts {
		if q.streams() {
			return ""
		}
		text += q.fingerprint() + "\n"
	}
	return text
}

// bind finds the requests that q links to: those of its node.
func (q *request) bind(known map[*bake.Target]*assembly) error {
	for _, l := range q.target.Links {
		producer := known[l.Target]
		if producer == nil {
			return failure.In("contexts", l.Context, fmt.Errorf("target %s is not in the plan", l.Target.Name))
		}
		if producer.failed.Load() {
			return skipped(producer)
		}
		if err := subset(q.of.platforms, producer.platforms, l.Target.Name); err != nil {
			return failure.In("contexts", l.Context, err)
		}
		p := producer.on(q.node)
		p.linked = true
		q.depth = max(q.depth, p.depth+1)
		q.links = append(q.links, link{name: q.inputs.ContextName(l.Context), producer: p})
	}
	return nil
}

// warnLocalTwice tells of a target that names the platform of this machine
// twice, once as "local". Other repetitions the plan has told of.
func warnLocalTwice(t *bake.Target, p *progress.Tracker) {
	local, others := false, []string{}
	for _, item := range t.Platforms {
		for s := range strings.SplitSeq(item, ",") {
			if platform.IsLocal(s) {
				local = true
				continue
			}
			others = append(others, s)
		}
	}
	this := platforms.Normalize(platforms.DefaultSpec())
	if named, err := platform.Parse(others); local && err == nil && platform.Contains(named, this) {
		p.Warn(fmt.Sprintf("%s: the platform local is %s, which the target names, too: it is built once", t.Name, platforms.FormatAll(this)))
	}
}
