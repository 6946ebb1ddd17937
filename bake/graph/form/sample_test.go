package form_test

import (
	"fmt"

	"bake/bake/graph"
)

// at is a place in the Dockerfile of the samples.
func at(line int) graph.Position { return graph.Position{File: "Dockerfile", Line: line} }

// small is a definition with something of everything.
func small() *graph.Graph {
	return &graph.Graph{
		Title: "shop",
		Boxes: []graph.Box{
			{
				Targets: []string{"lib"}, Subtitle: "lib/Dockerfile, context lib", Groups: []string{"ci"},
				Nodes: []graph.Node{
					{ID: "i0", Kind: graph.Image, Name: "docker.io/library/golang:1.26"},
					{ID: "s0", Kind: graph.Stage, Name: "lib", At: graph.Position{File: "lib/Dockerfile", Line: 1}, Default: true, Results: []string{"lib"}, Targets: []string{"lib"}},
				},
				Edges: []graph.Edge{{From: 0, To: 1, Kind: graph.Base, Text: "FROM golang:1.26 AS lib", At: graph.Position{File: "lib/Dockerfile", Line: 1}, Targets: []string{"lib"}}},
			},
			{
				Targets: []string{"web-amd64", "web-arm64"}, Subtitle: "Dockerfile, context .", Groups: []string{"default", "web"},
				Nodes: []graph.Node{
					{ID: "t0", Kind: graph.Target, Name: "lib"},
					{ID: "i0", Kind: graph.Image, Name: "alpine:3.23", Platform: "linux/amd64"},
					{ID: "n0", Kind: graph.Nothing, Name: "scratch"},
					{ID: "c0", Kind: graph.Cache, Name: "/root/.cache"},
					{ID: "x0", Kind: graph.Secret, Name: "token"},
					{ID: "r0", Kind: graph.Remote, Name: "https://example.com/tool.tar.gz"},
					{ID: "s0", Kind: graph.Stage, Name: "build", At: at(3), Lines: []string{"COPY go.mod .", "RUN go build -o /bin/app ./..."}, Targets: []string{"web-amd64", "web-arm64"}},
					{ID: "s1", Kind: graph.Stage, Name: "assets", At: at(9), Targets: []string{"web-amd64"}, Marks: []graph.Mark{{Name: "affected", Text: "affected by web/app.js"}}},
					{ID: "s2", Kind: graph.Stage, Name: "test", At: at(14), Unused: true},
					{ID: "s3", Kind: graph.Stage, Name: "web", At: at(20), Default: true, Results: []string{"web-amd64"}, Targets: []string{"web-amd64"}},
					{ID: "s4", Kind: graph.Stage, Name: "web-debug", At: at(26), Default: true, Results: []string{"web-arm64"}, Targets: []string{"web-arm64"}},
				},
				Edges: []graph.Edge{
					{From: 0, To: 6, Kind: graph.Base, Text: "FROM lib AS build", At: at(3)},
					{From: 3, To: 6, Kind: graph.Mount, Text: "RUN --mount=type=cache,target=/root/.cache go build", At: at(5)},
					{From: 4, To: 6, Kind: graph.Mount, Text: "RUN --mount=type=secret,id=token go build", At: at(5)},
					{From: 1, To: 7, Kind: graph.Base, Text: "FROM --platform=linux/amd64 alpine:3.23 AS assets", At: at(9)},
					{From: 5, To: 7, Kind: graph.Copy, Text: "ADD https://example.com/tool.tar.gz /", At: at(10)},
					{From: 6, To: 8, Kind: graph.Trigger, Text: "ONBUILD COPY . .", At: at(14), Unused: true},
					{From: 6, To: 8, Kind: graph.Base, Text: "FROM build AS test", At: at(14), Unused: true},
					{From: 2, To: 9, Kind: graph.Base, Text: "FROM scratch AS web", At: at(20)},
					{From: 6, To: 9, Kind: graph.Copy, Text: "COPY --from=build /bin/app /", At: at(21)},
					{From: 7, To: 9, Kind: graph.Copy, Text: "COPY --from=assets /out /", At: at(22), Marks: []graph.Mark{{Name: "affected", Text: "affected"}}},
					{From: 9, To: 10, Kind: graph.Base, Text: "FROM web AS web-debug", At: at(26)},
				},
			},
			{
				Targets: []string{"notes"}, Subtitle: "other.Dockerfile, context .",
				Nodes: []graph.Node{{ID: "o0", Kind: graph.Opaque, Name: "example/frontend:1", Default: true, Results: []string{"notes"}}},
			},
		},
		Links: []graph.Link{{From: 0, To: 1, Name: "lib", Target: "lib", Node: "t0"}},
	}
}

// chain is a Dockerfile whose stages stand on each other, without a target.
func chain(n int) *graph.Graph {
	b := graph.Box{Nodes: []graph.Node{{ID: "i0", Kind: graph.Image, Name: "debian:13"}}}
	for i := range n {
		b.Nodes = append(b.Nodes, graph.Node{ID: fmt.Sprintf("s%d", i), Kind: graph.Stage, Name: fmt.Sprintf("stage-%d", i), At: at(i + 1), Default: i == n-1})
		b.Edges = append(b.Edges, graph.Edge{From: i, To: i + 1, Kind: graph.Base, Text: "FROM", At: at(i + 1)})
	}
	return &graph.Graph{Boxes: []graph.Box{b}}
}

// star is a Dockerfile with n stages that the last one copies from.
func star(n int) *graph.Graph {
	b := graph.Box{Nodes: []graph.Node{{ID: "i0", Kind: graph.Image, Name: "debian:13"}}}
	for i := range n {
		b.Nodes = append(b.Nodes, graph.Node{ID: fmt.Sprintf("s%d", i), Kind: graph.Stage, Name: fmt.Sprintf("tool-%d", i), At: at(i + 1)})
		b.Edges = append(b.Edges, graph.Edge{From: 0, To: i + 1, Kind: graph.Base, At: at(i + 1)}, graph.Edge{From: i + 1, To: n + 1, Kind: graph.Copy, At: at(n + 1)})
	}
	b.Nodes = append(b.Nodes, graph.Node{ID: "last", Kind: graph.Stage, Name: "all", At: at(n + 1), Default: true})
	return &graph.Graph{Boxes: []graph.Box{b}}
}

// monorepo is a definition of n targets: a base that all read, libraries that some
// read, services of several stages, and tools that stand alone.
func monorepo(n int) *graph.Graph {
	g := &graph.Graph{Title: "monorepo"}
	one := func(name string, groups []string, stages []string, reads ...int) {
		b := graph.Box{Targets: []string{name}, Subtitle: name + "/Dockerfile, context " + name, Groups: groups}
		for i, from := range reads {
			other := g.Boxes[from].Targets[0]
			b.Nodes = append(b.Nodes, graph.Node{ID: fmt.Sprintf("t%d", i), Kind: graph.Target, Name: other})
			g.Links = append(g.Links, graph.Link{From: from, To: len(g.Boxes), Name: other, Target: other, Node: fmt.Sprintf("t%d", i)})
		}
		if len(reads) == 0 {
			b.Nodes = append(b.Nodes, graph.Node{ID: "i0", Kind: graph.Image, Name: "golang:1.26-alpine"})
		}
		first := len(b.Nodes)
		for i, stage := range stages {
			b.Nodes = append(b.Nodes, graph.Node{ID: "s" + stage, Kind: graph.Stage, Name: stage, At: graph.Position{File: name + "/Dockerfile", Line: 1 + 4*i}, Default: i == len(stages)-1, Results: []string{name}[:min(1, max(0, i+2-len(stages)))]})
			if i == 0 {
				for from := range first {
					kind := graph.Base
					if from > 0 {
						kind = graph.Copy
					}
					b.Edges = append(b.Edges, graph.Edge{From: from, To: first, Kind: kind, Text: "FROM " + b.Nodes[from].Name})
				}
				continue
			}
			from := first + i - 1
			if i == len(stages)-1 && i > 1 {
				b.Edges = append(b.Edges, graph.Edge{From: first, To: first + i, Kind: graph.Base})
			}
			b.Edges = append(b.Edges, graph.Edge{From: from, To: first + i, Kind: []graph.EdgeKind{graph.Base, graph.Copy, graph.Mount}[i%3]})
		}
		g.Boxes = append(g.Boxes, b)
	}
	one("base", []string{"ci"}, []string{"base"})
	one("lib-go", []string{"ci"}, []string{"deps", "lib"}, 0)
	one("lib-web", []string{"ci"}, []string{"deps", "lib"}, 0)
	for i := 3; i < n; i++ {
		switch {
		case i%4 == 0:
			one(fmt.Sprintf("tool-%d", i), []string{"tools"}, []string{"build", "tool"})
		case i%4 == 1:
			one(fmt.Sprintf("web-%d", i), []string{"default", "web"}, []string{"deps", "build", "test", "web"}, 2)
		case i%8 == 2:
			one(fmt.Sprintf("gateway-%d", i), []string{"default"}, []string{"build", "lint", "gateway"}, 1, 2)
		default:
			one(fmt.Sprintf("service-%d", i), []string{"default"}, []string{"build", "service"}, 1)
		}
	}
	return g
}
