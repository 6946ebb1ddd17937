package form_test

import (
	"fmt"
	"strings"
	"testing"

	"bake/bake/graph"
	"bake/bake/graph/draw"
	"bake/bake/graph/layout"
	"bake/bake/graph/look"
)

// along are points of a path, close to each other.
func along(p draw.Path) []layout.Point {
	const steps = 40
	var out []layout.Point
	var at layout.Point
	for _, s := range p {
		next := s.Points[max(0, s.Op.N()-1)]
		for i := 1; i <= steps; i++ {
			t := float64(i) / steps
			u := 1 - t
			mix := func(a, b, c, d float64) float64 { return u*u*u*a + 3*u*u*t*b + 3*u*t*t*c + t*t*t*d }
			switch s.Op {
			case draw.Curve:
				out = append(out, layout.Point{X: mix(at.X, s.Points[0].X, s.Points[1].X, next.X), Y: mix(at.Y, s.Points[0].Y, s.Points[1].Y, next.Y)})
			case draw.To:
				out = append(out, layout.Point{X: at.X*u + next.X*t, Y: at.Y*u + next.Y*t})
			}
		}
		if s.Op != draw.Close {
			at = next
		}
	}
	return out
}

// TestLinesRunThroughNothing wants no link in a box and no edge in a node that is
// not its own.
func TestLinesRunThroughNothing(t *testing.T) {
	for of, g := range graphs() {
		for with, o := range map[string]look.Options{"right": {}, "down": {TopDown: true}} {
			scene, err := draw.Draw(g, o)
			if err != nil {
				t.Fatal(err)
			}
			solid := map[string]rectangle{}
			for _, group := range scene.Groups {
				if group.Class == "box" || group.Class == "node" {
					solid[group.ID] = cover(group.Shapes[0])
				}
			}
			for _, group := range scene.Groups {
				if group.Class == "link" || group.Class == "edge" {
					runsThroughNothing(t, of+", "+with, g, group, solid)
				}
			}
		}
	}
}

func runsThroughNothing(t *testing.T, name string, g *graph.Graph, line draw.Group, solid map[string]rectangle) {
	t.Helper()
	own := map[string]bool{}
	within := ""
	if line.Class == "link" {
		var k int
		_, _ = fmt.Sscanf(line.ID, "l%d", &k)
		own[fmt.Sprintf("b%d", g.Links[k].From)], own[fmt.Sprintf("b%d", g.Links[k].To)] = true, true
	} else {
		var b, from, to int
		_, _ = fmt.Sscanf(line.ID, "b%de%d-%d", &b, &from, &to)
		within = fmt.Sprintf("b%dn", b)
		own[fmt.Sprintf("b%dn%d", b, from)], own[fmt.Sprintf("b%dn%d", b, to)] = true, true
	}
	for _, s := range line.Shapes {
		for _, p := range along(s.Path) {
			for id, r := range solid {
				const touch = 0.5
				if !own[id] && (within != "" && strings.HasPrefix(id, within) || within == "" && !strings.Contains(id, "n")) &&
					p.X > r.left+touch && p.X < r.right-touch && p.Y > r.top+touch && p.Y < r.bottom-touch {
					t.Errorf("%s: %s %s runs through %s at %v", name, line.Class, line.ID, id, p)
					return
				}
			}
		}
	}
}
