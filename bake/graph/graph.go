package graph

import "slices"

// Graph is the picture of a build: a box for each target, or for the targets that
// share a Dockerfile, and what links them. It is the same for one definition and
// one set of Dockerfiles, byte for byte in every form.
type Graph struct {
	Title string // of the whole, empty for none
	Boxes []Box  // in the order of the plan
	Links []Link // from a box to one that reads its result, in the order of To
}

// Box is what is built from one Dockerfile: its stages and what they read from
// elsewhere. Its nodes stand in the order of the file.
type Box struct {
	Targets  []string // whose build it is, in the order of the plan; none with a Dockerfile alone
	Subtitle string   // the Dockerfile and the context, as written
	Groups   []string // that name one of its targets, in their order
	Nodes    []Node
	Edges    []Edge
	Marks    []Mark
}

// Kind is what a node stands for.
type Kind string

// The kinds of nodes.
const (
	Stage   Kind = "stage"   // of the Dockerfile
	Image   Kind = "image"   // from a registry, a Docker engine or a layout
	Context Kind = "context" // the context of the target: files
	Named   Kind = "named"   // a named context that is neither an image nor a target
	Target  Kind = "target"  // the result of another target
	Remote  Kind = "remote"  // a URL or a git repository that ADD fetches
	Cache   Kind = "cache"   // of RUN --mount=type=cache
	Secret  Kind = "secret"  // or an SSH agent
	Opaque  Kind = "opaque"  // a Dockerfile that only another frontend can read
	Nothing Kind = "scratch" // the empty image
)

// Node is a stage, or something that a stage reads.
type Node struct {
	ID       string // unique in its box, the same from run to run
	Kind     Kind
	Name     string   // of the stage or image, as a person knows it
	Lines    []string // more about it: its instructions, which a form shows when it is asked to
	At       Position // of its first instruction, zero for none
	Platform string   // of a stage or an image, where it is not that of the target
	Default  bool     // a result: of a target, or of a Dockerfile alone
	Results  []string // which of the box's targets it is the result of, in their order
	Unused   bool     // no target of the box needs it
	Targets  []string // which of the box's targets use it, in their order
	Marks    []Mark
}

// EdgeKind is how a node is used.
type EdgeKind string

// The kinds of edges, with the words of a legend.
const (
	Base    EdgeKind = "base"    // FROM
	Copy    EdgeKind = "copy"    // COPY --from, ADD, and COPY where files of contexts are drawn
	Mount   EdgeKind = "mount"   // RUN --mount
	Trigger EdgeKind = "trigger" // ONBUILD of the stage below, in whose place it is run
)

// EdgeKinds are all kinds of edges, in the order of a legend.
var EdgeKinds = []EdgeKind{Base, Copy, Mount, Trigger}

// Edge leads from what is used to the stage that uses it, by their indexes.
type Edge struct {
	From, To int
	Kind     EdgeKind
	Text     string   // the instruction, in one line
	At       Position // of the instruction
	Unused   bool     // no target of the box needs it
	Targets  []string // which of the box's targets use it, in their order
	Marks    []Mark
}

// Link leads from a box to a box that reads the result of one of its targets.
type Link struct {
	From, To int    // indexes of boxes
	Name     string // of the named context, in the definition
	Target   string // whose result is read
	Node     string // ID of the node in the box To that stands for it, empty if nothing there names it
}

// Position is a place in a file. Line counts from 1.
type Position struct {
	File string
	Line int
}

// Mark is what another verb knows of a node: that a change reaches it, how long it
// took. The pictures give a mark a colour and show its text.
type Mark struct {
	Name string // what is marked: "affected", "seconds"
	Text string // what is said of it, for a person
}

// Has reports whether any node of a graph is of a kind.
func (g *Graph) Has(k Kind) bool {
	return slices.ContainsFunc(g.Boxes, func(b Box) bool {
		return slices.ContainsFunc(b.Nodes, func(n Node) bool { return n.Kind == k })
	})
}

// HasEdge reports whether any edge of a graph is of a kind.
func (g *Graph) HasEdge(k EdgeKind) bool {
	return slices.ContainsFunc(g.Boxes, func(b Box) bool {
		return slices.ContainsFunc(b.Edges, func(e Edge) bool { return e.Kind == k })
	})
}
