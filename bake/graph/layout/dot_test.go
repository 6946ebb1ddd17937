package layout

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"bake/tests/fixture"
)

// dotRoutes are those that Graphviz gives a graph, as lines.
func dotRoutes(t *testing.T, g Graph, o Options, limit time.Duration) ([][]Point, error) {
	t.Helper()
	program := fixture.Program(t, "dot", "graphviz")
	var b strings.Builder
	fmt.Fprintf(&b, "digraph { nodesep=%g ranksep=%g node [shape=box fixedsize=true label=\"\"]\n", o.NodeSep/72, o.RankSep/72)
	for i, s := range g.Nodes {
		fmt.Fprintf(&b, "%d [width=%g height=%g]\n", i, s.W/72, s.H/72)
	}
	for i, e := range g.Edges {
		fmt.Fprintf(&b, "%d -> %d [id=%d]\n", e.From, e.To, i)
	}
	if len(g.Nodes) > 500 {
		b.WriteString("nslimit=1\n") // the order is there after minutes, but places would take an hour
	}
	b.WriteString("}\n")
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "-Tplain")
	cmd.Stdin = strings.NewReader(b.String())
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	return plainRoutes(t, g, string(out)), nil
}

// plainRoutes reads what dot says. Edges of the same two nodes may be exchanged.
func plainRoutes(t *testing.T, g Graph, text string) [][]Point {
	waiting := map[[2]int][]int{}
	for i, e := range g.Edges {
		key := [2]int{e.From, e.To}
		waiting[key] = append(waiting[key], i)
	}
	routes := make([][]Point, len(g.Edges))
	number := func(s string) float64 {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", "")) {
		f := strings.Fields(line)
		if f[0] != "edge" {
			continue
		}
		key := [2]int{int(number(f[1])), int(number(f[2]))}
		i := waiting[key][0]
		waiting[key] = waiting[key][1:]
		var points []Point
		for k := range int(number(f[3])) {
			points = append(points, Point{72 * number(f[4+2*k]), 72 * number(f[5+2*k])})
		}
		routes[i] = sampled(points, 12)
	}
	return routes
}
