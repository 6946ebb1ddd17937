package form_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"bake/bake/graph/look"
	"bake/tests/fixture"
)

// TestGraphvizReadsDot lets Graphviz lay out what was written: it has no complaint,
// and finds the nodes and edges of the graph.
func TestGraphvizReadsDot(t *testing.T) {
	program := fixture.Program(t, "dot", "graphviz")
	for of, g := range graphs() {
		var nodes, edges int
		for _, b := range g.Boxes {
			nodes, edges = nodes+max(1, len(b.Nodes)), edges+len(b.Edges) // an empty box has a point
		}
		cmd := exec.Command(program, "-Tplain")
		cmd.Stdin = bytes.NewReader(render(t, "dot", g, look.Options{}))
		var diag strings.Builder
		cmd.Stderr = &diag
		out, err := cmd.Output()
		if err != nil || diag.Len() > 0 {
			t.Errorf("%s: %v\n%s", of, err, diag.String())
		}
		text := "\n" + string(out)
		if n := strings.Count(text, "\nnode "); n != nodes {
			t.Errorf("%s: Graphviz finds %d nodes, want %d", of, n, nodes)
		}
		if n := strings.Count(text, "\nedge "); n != edges+len(g.Links) {
			t.Errorf("%s: Graphviz finds %d edges, want %d", of, n, edges+len(g.Links))
		}
	}
}
