package form_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"bake/bake/graph"
	"bake/bake/graph/form"
	"bake/bake/graph/look"
)

// anyGraph is a graph by chance: edges lead anywhere, in circles and to themselves.
func anyGraph(seed uint64) *graph.Graph {
	r := rand.New(rand.NewPCG(seed, 1))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	g := &graph.Graph{Title: pick("", "title")}
	for i := range r.IntN(6) {
		b := graph.Box{Subtitle: pick("", "Dockerfile, context ."), Groups: []string{"all", "some"}[:r.IntN(3)]}
		for k := range r.IntN(4) {
			b.Targets = append(b.Targets, fmt.Sprintf("target-%d-%d", i, k))
		}
		for k := range r.IntN(9) {
			b.Nodes = append(b.Nodes, graph.Node{
				ID: fmt.Sprint(k), Name: pick("", "a", "a-rather-long-name-of-a-stage", "registry.example.com:5000/team/image:1.2.3@sha256:0123"),
				Kind:    graph.Kind(pick("stage", "stage", "image", "context", "named", "target", "remote", "cache", "secret", "opaque", "scratch", "new")),
				Default: r.IntN(3) == 0, Unused: r.IntN(3) == 0, Platform: pick("", "linux/arm64"), Targets: b.Targets[:min(len(b.Targets), r.IntN(3))],
				Lines: []string{"RUN make", "COPY . ."}[:r.IntN(3)],
			})
		}
		for range len(b.Nodes) * r.IntN(3) {
			b.Edges = append(b.Edges, graph.Edge{
				From: r.IntN(len(b.Nodes)), To: r.IntN(len(b.Nodes)), Unused: r.IntN(3) == 0,
				Kind:  graph.EdgeKind(pick("base", "copy", "mount", "trigger", "new")),
				Marks: []graph.Mark{{Name: "seconds", Text: "12 s"}}[:r.IntN(2)],
			})
		}
		g.Boxes = append(g.Boxes, b)
	}
	for range len(g.Boxes) * r.IntN(3) {
		g.Links = append(g.Links, graph.Link{From: r.IntN(len(g.Boxes)), To: r.IntN(len(g.Boxes)), Name: "x", Target: "t", Node: pick("", "0", "7")})
	}
	return g
}

func TestAnyGraphHasAllForms(t *testing.T) {
	for seed := range uint64(60) {
		g := anyGraph(seed)
		o := look.Options{Legend: seed%2 == 0, Layers: seed%3 == 0, TopDown: seed%5 == 0, Concentrate: seed%7 == 0, Unflatten: int(seed % 4), DPI: 20}
		for _, name := range form.Names() {
			if _, err := form.Render(name, g, o); err != nil {
				t.Errorf("seed %d, %s: %v", seed, name, err)
			}
		}
		holds(t, fmt.Sprint("seed ", seed), g, o)
	}
}
