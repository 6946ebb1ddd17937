package graph

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"bake/bake"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

var amd64 = ocispecs.Platform{OS: "linux", Architecture: "amd64"}

// drawn is the picture of a definition, with Dockerfiles by their names.
func drawn(t *testing.T, definition string, files map[string]string) (*Graph, []Fault) {
	t.Helper()
	parsed, diags := bake.Parse([]bake.File{{Name: "docker-bake.hcl", Data: []byte(definition)}}, bake.Env{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	config, diags := parsed.Evaluate(bake.Scope{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	plan, diags := config.Plan(bake.Request{Targets: []string{"default"}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return Of(plan, Sources{Native: amd64, Find: func(target *bake.Target) Dockerfile {
		if target.DockerfileInline != nil {
			return Dockerfile{Text: []byte(*target.DockerfileInline)}
		}
		text, ok := files[target.Dockerfile]
		if !ok {
			return Dockerfile{Name: target.Dockerfile, Missing: "it is not there"}
		}
		return Dockerfile{Name: target.Dockerfile, Text: []byte(text)}
	}})
}

// said is a box in short: its targets, then nodes with who uses them, then edges.
func said(b Box) []string {
	out := []string{strings.Join(b.Targets, "+") + " in " + strings.Join(b.Groups, "+")}
	for _, n := range b.Nodes {
		line := fmt.Sprintf("%s %s", n.Kind, n.Name)
		if len(n.Targets) > 0 {
			line += " for " + strings.Join(n.Targets, "+")
		}
		if len(n.Results) > 0 {
			line += " = " + strings.Join(n.Results, "+")
		}
		if n.Unused {
			line += " unused"
		}
		out = append(out, line)
	}
	for _, e := range b.Edges {
		line := fmt.Sprintf("%s > %s %s:%d", b.Nodes[e.From].Name, b.Nodes[e.To].Name, e.Kind, e.At.Line)
		if e.Unused {
			line += " unused"
		}
		out = append(out, line)
	}
	return out
}

func check(t *testing.T, got []string, want string) {
	t.Helper()
	if have := strings.TrimSpace(strings.Join(got, "\n")); have != strings.TrimSpace(want) {
		t.Errorf("got\n%s\nwant\n%s", have, want)
	}
}

// Variants of one Dockerfile are one box, in which each stage stands once.
func TestVariants(t *testing.T) {
	g, faults := drawn(t, `
group "default" { targets = ["all"] }
group "all" { targets = ["app"] }
target "app" {
  name     = "app-${v}"
  matrix   = { v = ["cpu", "cuda"] }
  args     = { V = v }
  target   = "run"
  platforms = ["linux/amd64", "linux/arm64"]
}`, map[string]string{"Dockerfile": `ARG V
FROM debian AS base-cpu
FROM nvidia/cuda AS base-cuda
FROM --platform=$BUILDPLATFORM golang AS build
RUN --mount=from=base-cpu,target=/m make
FROM base-${V} AS run
COPY --from=build /out /
ONBUILD COPY --from=build /l /
FROM run AS lint
`})
	if len(faults) > 0 || len(g.Boxes) != 1 || len(g.Links) > 0 {
		t.Fatalf("%d faults, %d boxes, %d links", len(faults), len(g.Boxes), len(g.Links))
	}
	check(t, said(g.Boxes[0]), `
app-cpu+app-cuda in default+all+app
stage base-cpu for app-cpu+app-cuda
stage base-cuda for app-cuda
stage build for app-cpu+app-cuda
stage run for app-cpu+app-cuda = app-cpu+app-cuda
stage lint unused
image debian for app-cpu+app-cuda
image nvidia/cuda for app-cuda
image golang for app-cpu+app-cuda
debian > base-cpu base:2
nvidia/cuda > base-cuda base:3
golang > build base:4
base-cpu > build mount:5
base-cpu > run base:6
build > run copy:7
run > lint base:9 unused
base-cuda > run base:6
`)
}

// What links is drawn: between boxes, and within one as an edge to the result.
func TestLinks(t *testing.T) {
	g, _ := drawn(t, `
group "default" { targets = ["app", "tool"] }
target "base" { dockerfile = "base.Dockerfile" }
target "app" {
  contexts = { base = "target:base", conf = "./conf", alpine = "docker-image://busybox:1" }
}
target "tool" {
  target   = "tool"
  contexts = { app = "target:app" }
}`, map[string]string{
		"base.Dockerfile": "FROM alpine\n",
		"Dockerfile":      "FROM base AS run\nCOPY --from=conf / /\nCOPY --from=alpine /b /\nFROM app AS tool\nFROM run\n",
	})
	if len(g.Boxes) != 2 {
		t.Fatalf("%d boxes", len(g.Boxes))
	}
	check(t, said(g.Boxes[0]), `
base in 
stage stage-0 for base = base
image alpine for base
alpine > stage-0 base:1
`)
	check(t, said(g.Boxes[1]), `
app+tool in default
stage run for app
stage tool for tool = tool
stage stage-2 for app+tool = app
named conf for app
image busybox:1 for app
target base for app
base > run base:1
conf > run copy:2
busybox:1 > run copy:3
run > stage-2 base:5
stage-2 > tool base:4
`)
	if want := (Link{From: 0, To: 1, Name: "base", Target: "base", Node: "target base"}); !slices.Contains(g.Links, want) || len(g.Links) != 1 {
		t.Errorf("links %+v", g.Links)
	}
}

// What is not known of a Dockerfile is in the picture, and what cannot be built is
// told beside it, once.
func TestOpaque(t *testing.T) {
	g, faults := drawn(t, `
group "default" { targets = ["gone", "foreign", "bad", "worse", "inline"] }
target "gone" { dockerfile = "gone.Dockerfile" }
target "foreign" { dockerfile = "foreign.Dockerfile" }
target "bad" { dockerfile = "bad.Dockerfile" }
target "worse" { dockerfile = "bad.Dockerfile" }
target "inline" { dockerfile-inline = "FROM scratch" }
`, map[string]string{
		"foreign.Dockerfile": "# syntax=example.com/other:1\nwhatever\n",
		"bad.Dockerfile":     "FROM alpine\nCOPYY a b\n",
	})
	var names []string
	for _, b := range g.Boxes {
		names = append(names, b.Nodes[0].Name)
	}
	check(t, names, `
it is not there
only the frontend example.com/other:1 knows its stages
it cannot be built: unknown instruction: COPYY (did you mean COPY?)
stage-0
`)
	if len(faults) != 1 || faults[0].Line != 2 || strings.Join(faults[0].Targets, "+") != "bad+worse" {
		t.Errorf("faults %+v", faults)
	}
}

func TestOfFile(t *testing.T) {
	g, err := OfFile(Dockerfile{Name: "D", Text: []byte("ARG B=alpine\nFROM $B AS one\nFROM busybox@sha256:" + strings.Repeat("a", 64) + "\n")}, "one", map[string]string{"B": "debian"}, amd64)
	if err != nil {
		t.Fatal(err)
	}
	check(t, said(g.Boxes[0]), `
in 
stage one
stage stage-1 unused
image debian
image busybox@sha256:aaaaaaa… unused
debian > one base:2
busybox@sha256:aaaaaaa… > stage-1 base:3 unused
`)
}
