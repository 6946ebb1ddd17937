// Package data is the picture of a build as JSON, for programs.
package data

import (
	"encoding/json"

	"bake/bake/graph"
	"bake/bake/graph/look"
)

// Version is that of the schema. It grows when a field changes its meaning or goes
// away; a reader ignores fields that it does not know.
const Version = 1

// Document is a graph as it is written. Lists are in the order of the plan and of
// the Dockerfiles; an empty field is left out.
type Document struct {
	Version int    `json:"version"`
	Title   string `json:"title,omitempty"`
	Boxes   []Box  `json:"boxes"` // a box for each Dockerfile that is built
	Links   []Link `json:"links"` // between boxes
}

// Box is what is built from one Dockerfile.
type Box struct {
	Targets  []string `json:"targets,omitempty"`  // whose build it is
	Subtitle string   `json:"subtitle,omitempty"` // Dockerfile and context, for a person
	Groups   []string `json:"groups,omitempty"`   // that name one of the targets
	Nodes    []Node   `json:"nodes"`
	Edges    []Edge   `json:"edges"`
	Marks    []Mark   `json:"marks,omitempty"`
}

// Node is a stage, or what a stage reads. Kind is one of stage, image, context,
// named, target, remote, cache, secret, opaque and scratch.
type Node struct {
	ID       string   `json:"id"` // unique in its box
	Kind     string   `json:"kind"`
	Name     string   `json:"name"`
	Lines    []string `json:"lines,omitempty"` // instructions, when they are asked for
	At       *Place   `json:"at,omitempty"`
	Platform string   `json:"platform,omitempty"` // where it is not that of the target
	Default  bool     `json:"default,omitempty"`  // it is a result
	Results  []string `json:"results,omitempty"`  // targets whose result it is
	Unused   bool     `json:"unused,omitempty"`   // no target needs it
	Targets  []string `json:"usedBy,omitempty"`   // targets that need it
	Marks    []Mark   `json:"marks,omitempty"`
}

// Edge leads from what is used to the stage that uses it, by their ids. Kind is
// one of base (FROM), copy (COPY --from, ADD), mount (RUN --mount) and trigger
// (ONBUILD).
type Edge struct {
	From    string   `json:"from"`
	To      string   `json:"to"`
	Kind    string   `json:"kind"`
	Text    string   `json:"text,omitempty"` // the instruction, its first 300 characters
	At      *Place   `json:"at,omitempty"`
	Unused  bool     `json:"unused,omitempty"`
	Targets []string `json:"usedBy,omitempty"`
	Marks   []Mark   `json:"marks,omitempty"`
}

// Link leads from a box to one that reads the result of one of its targets. From
// and To count boxes, from 0.
type Link struct {
	From   int    `json:"from"`
	To     int    `json:"to"`
	Target string `json:"target"`         // whose result is read
	Name   string `json:"name,omitempty"` // of the named context
	Node   string `json:"node,omitempty"` // id of the node in To that stands for it
}

// Place is a line of a file; lines count from 1.
type Place struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
}

// Mark is what another verb found out.
type Mark struct {
	Name string `json:"name"`
	Text string `json:"text,omitempty"`
}

// Render is a graph as a Document, indented, with a line break at its end.
func Render(g *graph.Graph, o look.Options) ([]byte, error) {
	g, err := look.Arrange(g, o)
	if err != nil {
		return nil, err
	}
	out, err := json.MarshalIndent(Of(g, o), "", "  ")
	return append(out, '\n'), err
}

// Of is the document of a graph that was arranged.
func Of(g *graph.Graph, o look.Options) Document {
	d := Document{Version: Version, Title: g.Title, Boxes: []Box{}, Links: []Link{}}
	for _, b := range g.Boxes {
		d.Boxes = append(d.Boxes, box(b, o))
	}
	for _, l := range g.Links {
		d.Links = append(d.Links, Link{l.From, l.To, l.Target, l.Name, l.Node})
	}
	return d
}

func box(b graph.Box, o look.Options) Box {
	out := Box{b.Targets, b.Subtitle, b.Groups, []Node{}, []Edge{}, marks(b.Marks)}
	for _, n := range b.Nodes {
		node := Node{
			ID: n.ID, Kind: string(n.Kind), Name: n.Name, At: place(n.At), Platform: n.Platform, Default: n.Default,
			Results: n.Results, Unused: n.Unused, Targets: n.Targets, Marks: marks(n.Marks),
		}
		if o.Layers {
			node.Lines = n.Lines
		}
		out.Nodes = append(out.Nodes, node)
	}
	for _, e := range b.Edges {
		out.Edges = append(out.Edges, Edge{
			From: b.Nodes[e.From].ID, To: b.Nodes[e.To].ID, Kind: string(e.Kind), Text: look.Cut(e.Text, look.MaxText), At: place(e.At),
			Unused: e.Unused, Targets: e.Targets, Marks: marks(e.Marks),
		})
	}
	return out
}

func place(p graph.Position) *Place {
	if p == (graph.Position{}) {
		return nil
	}
	return &Place{p.File, p.Line}
}

func marks(list []graph.Mark) []Mark {
	var out []Mark
	for _, m := range list {
		out = append(out, Mark{m.Name, m.Text})
	}
	return out
}
