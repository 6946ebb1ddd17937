package dockerfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// finish makes the nodes and uses, and tells what the target is made of.
func (r *resolver) finish(target *state, reached map[*state]bool) {
	target.sent.add("/")
	b := r.out
	b.Target, b.Transfer = target.node, r.sent.transfer()
	built := map[*state]bool{}
	target.collect(built)
	for _, s := range r.states {
		if s.stage != nil {
			b.Nodes = append(b.Nodes, Node{
				Kind: StageNode, Stage: s.stage, Name: s.title(), Platform: r.platform(s),
				Replaced: s.context != nil, Reached: reached[s], Built: built[s],
			})
		}
	}
	elsewhere := map[string]int{}
	for _, s := range r.states {
		if s.stage == nil && s.wanted {
			s.node = r.sourceNode(elsewhere, s, reached[s], built[s])
		}
	}
	for _, s := range r.states {
		if s.stage != nil {
			r.uses(elsewhere, s, reached[s], built[s])
		}
	}
	for i := range b.Reads {
		b.Reads[i].From = numberOf(b.Reads[i].from, Context)
		b.Reads[i].from = nil
	}
	for i := range b.Mounts {
		b.Mounts[i].From = numberOf(b.Mounts[i].from, b.Mounts[i].From)
		b.Mounts[i].from = nil
	}
	b.Result = r.result(target)
}

func numberOf(from *state, none int) int {
	if from == nil {
		return none
	}
	return from.node
}

// collect adds s and what its files are made of.
func (s *state) collect(built map[*state]bool) {
	if built[s] {
		return
	}
	built[s] = true
	for _, from := range s.made {
		from.collect(built)
	}
}

// sourceNode is the node of what stands at the bottom of s. Stages that stand on
// one image share it.
func (r *resolver) sourceNode(known map[string]int, s *state, reached, built bool) int {
	n := Node{Kind: s.source.kind, Platform: r.platform(s), Reached: reached, Built: built && !s.empty}
	var key string
	switch n.Kind {
	case ImageNode:
		n.Image, n.Name = s.source.image, s.source.title()
		key = fmt.Sprintf("image %s %v", n.Image, n.Platform)
	case NamedNode:
		n.Name, n.Value, n.Image = s.source.context.Key, s.source.context.Value, s.source.context.image()
		key = fmt.Sprintf("context %s %v", n.Name, n.Platform)
	default:
		n.Kind, n.Name, key = ScratchNode, scratch, scratch
	}
	i, ok := known[key]
	if !ok {
		i = len(r.out.Nodes)
		known[key] = i
		r.out.Nodes = append(r.out.Nodes, n)
	}
	node := &r.out.Nodes[i]
	if n.Kind == NamedNode && s.source.context.IsFiles() && built {
		node.Transfer = append(node.Transfer, s.sent.transfer())
	}
	node.Reached, node.Built = node.Reached || n.Reached, node.Built || n.Built
	return i
}

// uses notes what a stage uses. Those of a stage in whose place stands a named
// context are not run.
func (r *resolver) uses(elsewhere map[string]int, s *state, reached, built bool) {
	base := Use{Node: s.node, Kind: BaseUse, At: s.stage.From}
	if s.base != nil {
		base.From = s.base.node
	} else {
		base.From = r.sourceNode(elsewhere, s, reached, built)
	}
	r.out.Uses = append(r.out.Uses, base)
	if s.context != nil {
		return
	}
	for _, c := range s.commands {
		switch c.command.(type) {
		case *instructions.CopyCommand:
			if len(c.sources) > 0 {
				r.out.Uses = append(r.out.Uses, Use{Node: s.node, From: c.sources[0].node, Kind: CopyUse, Trigger: c.trigger, At: c.Instruction})
			}
		case *instructions.RunCommand:
			for i, name := range c.mounted {
				if name != "" {
					r.out.Uses = append(r.out.Uses, Use{Node: s.node, From: c.sources[i].node, Kind: MountUse, Trigger: c.trigger, At: c.Instruction})
				}
			}
		}
	}
}

// result is what is known of the configuration of the target's image.
func (r *resolver) result(target *state) *Config {
	if target.scope == nil { // a named context takes its place
		if target.source.known != nil {
			return target.source.known
		}
		return &Config{Open: target.source.title()}
	}
	out := &Config{Open: target.scope.open, Dir: target.dir.value}
	for name, v := range target.env {
		if v.unknown == "" {
			out.Env = append(out.Env, name+"="+v.value)
		} else if out.Open == "" {
			out.Open = v.unknown
		}
	}
	slices.SortFunc(out.Env, strings.Compare)
	for _, c := range target.commands {
		if on, ok := c.command.(*instructions.OnbuildCommand); ok {
			out.OnBuild = append(out.OnBuild, on.Expression)
		}
	}
	return out
}
