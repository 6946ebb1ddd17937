package graph

import (
	"fmt"
	"slices"
	"strings"

	"bake/bake"
	"bake/bake/dockerfile"
)

// boxBuilder draws the builds of one Dockerfile over each other.
type boxBuilder struct {
	box      Box
	file     string
	contexts []string
	known    map[string]int // nodes by what they are
	edges    map[string]int
}

func newBox(d Dockerfile) *boxBuilder {
	return &boxBuilder{file: d.Name, known: map[string]int{}, edges: map[string]int{}}
}

// node is the index of what a key stands for, which is drawn if it is new.
func (b *boxBuilder) node(key string, n Node) int {
	i, ok := b.known[key]
	if !ok {
		i = len(b.box.Nodes)
		b.known[key] = i
		n.Unused = true
		b.box.Nodes = append(b.box.Nodes, n)
	}
	return i
}

// draw adds what a target is built from, or a file alone if t is nil. within are
// the nodes that named contexts are already.
func (b *boxBuilder) draw(t *bake.Target, build *dockerfile.Build, within map[string]int) {
	at := make([]int, len(build.Nodes))
	for i, n := range build.Nodes {
		if known, ok := within[n.Name]; ok && n.Kind == dockerfile.NamedNode {
			at[i] = known
		} else {
			at[i] = b.node(b.describe(t, n))
		}
		b.use(&b.box.Nodes[at[i]], t, n.Built)
	}
	result := &b.box.Nodes[at[build.Target]]
	result.Default = true
	if t != nil && !slices.Contains(result.Results, t.Name) {
		result.Results = append(result.Results, t.Name)
	}
	for _, u := range build.Uses {
		b.edge(t, build, u, at)
	}
}

// use notes that a target uses a node.
func (b *boxBuilder) use(n *Node, t *bake.Target, built bool) {
	if !built {
		return
	}
	n.Unused = false
	if t != nil && !slices.Contains(n.Targets, t.Name) {
		n.Targets = append(n.Targets, t.Name)
	}
}

// describe is the key of a node, and how it is drawn.
func (b *boxBuilder) describe(t *bake.Target, n dockerfile.Node) (string, Node) {
	switch n.Kind {
	case dockerfile.StageNode:
		id := fmt.Sprintf("stage-%d", n.Stage.Index)
		return id, Node{
			ID: id, Kind: Stage, Name: n.Name, Platform: n.Stage.Platform,
			At: Position{b.file, n.Stage.From.Lines.First}, Lines: linesOf(n.Stage),
		}
	case dockerfile.ImageNode:
		return "image " + n.Name, Node{ID: "image " + n.Name, Kind: Image, Name: short(n.Name)}
	case dockerfile.ScratchNode:
		return "scratch", Node{ID: "scratch", Kind: Nothing, Name: "scratch"}
	}
	return b.describeNamed(t, n)
}

// describeNamed draws a named context as what it is.
func (b *boxBuilder) describeNamed(t *bake.Target, n dockerfile.Node) (string, Node) {
	if t != nil {
		for _, l := range t.Links {
			if l.Context == n.Name {
				key := "target " + l.Target.Name
				return key, Node{ID: key, Kind: Target, Name: l.Target.Name, Lines: []string{"context " + n.Name}}
			}
		}
	}
	key := "context " + n.Name + " " + n.Value
	if n.Image != "" {
		return key, Node{ID: key, Kind: Image, Name: short(strings.TrimPrefix(n.Value, "docker-image://")), Lines: []string{"context " + n.Name}}
	}
	return key, Node{ID: key, Kind: Named, Name: n.Name, Lines: []string{n.Value}}
}

// linesOf are the instructions of a stage.
func linesOf(s *dockerfile.Stage) []string {
	out := []string{oneLine(s.From.Text)}
	for _, in := range s.Instructions {
		out = append(out, oneLine(in.Text))
	}
	return out
}

// maxText is how many characters of an instruction a picture tells. One may have
// hundreds of mounts, each of which is an edge.
const maxText = 300

// oneLine is an instruction with its blanks made single, cut to what can be read.
func oneLine(text string) string {
	cut := len(text) > 8*maxText
	if cut {
		text = strings.ToValidUTF8(text[:8*maxText], "")
	}
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) > maxText {
		line, cut = line[:maxText], true
	}
	if cut {
		line = append(line, '…')
	}
	return string(line)
}

// short is the name of an image with the digest that it may have cut to its
// beginning.
func short(name string) string {
	before, digest, ok := strings.Cut(name, "@sha256:")
	if !ok || len(digest) < 12 {
		return name
	}
	return before + "@sha256:" + digest[:7] + "…"
}

// edge draws a use. The same instruction of several targets is one edge.
func (b *boxBuilder) edge(t *bake.Target, build *dockerfile.Build, u dockerfile.Use, at []int) {
	kind := map[dockerfile.UseKind]EdgeKind{dockerfile.BaseUse: Base, dockerfile.CopyUse: Copy, dockerfile.MountUse: Mount}[u.Kind]
	if u.Trigger {
		kind = Trigger
	}
	key := fmt.Sprintf("%d %d %s %d", at[u.From], at[u.Node], kind, u.At.Lines.First)
	i, ok := b.edges[key]
	if !ok {
		i = len(b.box.Edges)
		b.edges[key] = i
		b.box.Edges = append(b.box.Edges, Edge{
			From: at[u.From], To: at[u.Node], Kind: kind, Text: oneLine(u.At.Text), At: Position{b.file, u.At.Lines.First}, Unused: true,
		})
	}
	e := &b.box.Edges[i]
	if !build.Nodes[u.Node].Built {
		return
	}
	e.Unused = false
	if t != nil && !slices.Contains(e.Targets, t.Name) {
		e.Targets = append(e.Targets, t.Name)
	}
}

// opaque draws a target of whose Dockerfile no stage is known.
func (b *boxBuilder) opaque(target, why string) {
	i := b.node("opaque "+why, Node{ID: "opaque " + why, Kind: Opaque, Name: why, At: Position{File: b.file}})
	n := &b.box.Nodes[i]
	n.Default, n.Unused = true, false
	n.Results = append(n.Results, target)
	n.Targets = append(n.Targets, target)
}

// finish says where the box is built from.
func (b *boxBuilder) finish() Box {
	contexts := slices.Clone(b.contexts)
	slices.Sort(contexts)
	contexts = slices.Compact(contexts)
	name := b.file
	if name == "" {
		name = "Dockerfile in the definition"
	}
	switch {
	case len(contexts) == 1 && contexts[0] != ".":
		name += " on " + contexts[0]
	case len(contexts) > 1:
		name += fmt.Sprintf(" on %d contexts", len(contexts))
	}
	b.box.Subtitle = name
	b.tidy()
	return b.box
}

// tidy leaves out what an instruction would use for a target that does not need
// it, where it uses something else for one that does.
func (b *boxBuilder) tidy() {
	type place struct {
		to, line int
		kind     EdgeKind
	}
	used := map[place]bool{}
	for _, e := range b.box.Edges {
		used[place{e.To, e.At.Line, e.Kind}] = used[place{e.To, e.At.Line, e.Kind}] || !e.Unused
	}
	b.box.Edges = slices.DeleteFunc(b.box.Edges, func(e Edge) bool { return e.Unused && used[place{e.To, e.At.Line, e.Kind}] })
	joined := make([]bool, len(b.box.Nodes))
	for _, e := range b.box.Edges {
		joined[e.From], joined[e.To] = true, true
	}
	index := make([]int, len(b.box.Nodes))
	var kept []Node
	for i, n := range b.box.Nodes {
		index[i] = len(kept)
		if joined[i] || !n.Unused || n.Kind == Stage {
			kept = append(kept, n)
		}
	}
	for i, e := range b.box.Edges {
		b.box.Edges[i].From, b.box.Edges[i].To = index[e.From], index[e.To]
	}
	b.box.Nodes = kept
}
