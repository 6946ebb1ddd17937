package form_test

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"bake/bake/graph"
)

// real is the graph of a Dockerfile as far as its words tell: arguments keep their
// names. It is enough to judge pictures by.
func real(t testing.TB, file string) *graph.Graph {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse(bytes.NewReader(source))
	if err != nil {
		t.Skip(err)
	}
	stages, _, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		t.Skip(err)
	}
	x := &extract{known: map[string]int{}}
	for i, s := range stages {
		x.stage(i, s)
	}
	x.box.Nodes[x.stages[len(x.stages)-1]].Default = true
	x.unused()
	return &graph.Graph{Boxes: []graph.Box{x.box}}
}

type extract struct {
	box    graph.Box
	stages []int
	known  map[string]int // nodes by name
}

func (x *extract) node(kind graph.Kind, name string) int {
	key := string(kind) + " " + name
	if i, ok := x.known[key]; ok {
		return i
	}
	x.known[key] = len(x.box.Nodes)
	x.box.Nodes = append(x.box.Nodes, graph.Node{ID: key, Kind: kind, Name: name})
	return x.known[key]
}

func (x *extract) source(name string) int {
	if i, ok := x.known["stage "+strings.ToLower(name)]; ok {
		return i
	}
	if i, err := strconv.Atoi(name); err == nil && i < len(x.stages) {
		return x.stages[i]
	}
	if name == "scratch" {
		return x.node(graph.Nothing, name)
	}
	return x.node(graph.Image, name)
}

func (x *extract) stage(i int, s instructions.Stage) {
	name := s.Name
	base := x.source(s.BaseName)
	if name == "" {
		name = strconv.Itoa(i)
	}
	to := len(x.box.Nodes)
	x.box.Nodes = append(x.box.Nodes, graph.Node{ID: fmt.Sprintf("s%d", i), Kind: graph.Stage, Name: name, At: at(s.Location[0].Start.Line)})
	x.known["stage "+strings.ToLower(name)] = to
	x.stages = append(x.stages, to)
	edge := func(from int, kind graph.EdgeKind, text string, line int) {
		x.box.Edges = append(x.box.Edges, graph.Edge{From: from, To: to, Kind: kind, Text: text, At: at(line)})
	}
	edge(base, graph.Base, s.SourceCode, s.Location[0].Start.Line)
	for _, c := range s.Commands {
		text := c.Name()
		if w, ok := c.(fmt.Stringer); ok {
			text = w.String()
		}
		x.box.Nodes[to].Lines = append(x.box.Nodes[to].Lines, strings.Join(strings.Fields(text), " "))
		switch c := c.(type) {
		case *instructions.CopyCommand:
			if c.From != "" {
				edge(x.source(c.From), graph.Copy, c.String(), c.Location()[0].Start.Line)
			}
		case *instructions.RunCommand:
			_ = c.Expand(func(word string) (string, error) { return word, nil })
			for _, m := range instructions.GetMounts(c) {
				if m.From != "" {
					edge(x.source(m.From), graph.Mount, c.String(), c.Location()[0].Start.Line)
				}
			}
		}
	}
}

// unused marks what the last stage does without.
func (x *extract) unused() {
	need := make([]bool, len(x.box.Nodes))
	var visit func(int)
	visit = func(i int) {
		if need[i] {
			return
		}
		need[i] = true
		for _, e := range x.box.Edges {
			if e.To == i {
				visit(e.From)
			}
		}
	}
	visit(x.stages[len(x.stages)-1])
	for i := range x.box.Nodes {
		x.box.Nodes[i].Unused = !need[i]
	}
	for i, e := range x.box.Edges {
		x.box.Edges[i].Unused = !need[e.To]
	}
}
